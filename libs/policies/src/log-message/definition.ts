import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

import { headerName } from '../header-fields.ts';

export type LogMessageParams = z.infer<typeof params>;

const side = z
  .strictObject({
    payload: z.boolean().default(false).describe('Log the body; it is then read whole'),
    headers: z.boolean().default(false).describe('Log the headers; credentials are masked'),
    excludeHeaders: z.array(headerName).max(100).default([]).describe('Headers to leave out'),
  })
  .optional();

const params = z
  .strictObject({
    request: side.describe('What to log of requests; absent = nothing'),
    response: side.describe('What to log of answers; absent = nothing'),
  })
  .refine(({ request, response }) => request !== undefined || response !== undefined, 'request or response is required');

export const logMessage = definePolicy<LogMessageParams>({
  name: 'log-message',
  version: 'v1',
  fullVersion: '1.0.3',
  displayName: 'Log message',
  description: 'Writes a line about each request or answer to the log of the router.',
  category: 'observability',
  phases: ['request-headers', 'request-body', 'response-headers', 'response-body'],
  params,
});
