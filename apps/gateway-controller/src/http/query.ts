import type { PipeTransform } from '@nestjs/common';
import type { z } from 'zod';

import { badRequest } from './api-error.ts';
import { fieldError } from './body.ts';

/** Query parameters checked against `schema`; unknown ones are ignored, as WSO2 ignores them. */
export function queryOf<T>(schema: z.ZodType<T>): PipeTransform<unknown, T> {
  return {
    transform: (value) => {
      const parsed = schema.safeParse(value);
      if (parsed.success) return parsed.data;
      const errors = parsed.error.issues.map(fieldError);
      throw badRequest(
        'invalid_parameter',
        `Invalid format for parameter ${errors.map(({ field, message }) => `${field}: ${message}`).join('; ')}`,
        errors,
      );
    },
  };
}
