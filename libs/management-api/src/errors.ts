import { z } from 'zod';

export type ErrorBody = z.infer<typeof errorBody>;
export type FieldError = z.infer<typeof fieldError>;

/** One thing wrong with a request, at a place the caller can name. */
export const fieldError = z.object({
  field: z.string().describe('JSON path in the body (spec.operations[0].method), or the name of a parameter'),
  code: z.string().describe('Stable, snake_case'),
  message: z.string(),
});

/** The one envelope of every answer from 400 up (decision 18). WSO2's `status`, `message` and `errors[].field|message` are part of it. */
export const errorBody = z.object({
  status: z.literal('error'),
  code: z.string().describe('Stable, snake_case: validation_failed, conflict, not_found, …'),
  message: z.string(),
  errors: z.array(fieldError).optional().describe('Everything that is wrong, at once, in the order of the document'),
  requestId: z.string().describe('Also in X-Correlation-ID and in the logs'),
});
