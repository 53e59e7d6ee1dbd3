import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

export type ApiKeyAuthParams = z.infer<typeof params>;

const params = z
  .strictObject({
    key: z.string().min(1).max(128).describe('Name of the header (any case) or of the query parameter that carries the key'),
    in: z.enum(['header', 'query']).describe('Where the key is'),
    valuePrefix: z
      .string()
      .max(64)
      .optional()
      .describe('What precedes the key in the value, with its space ("Bearer "); any case. A value without it is refused'),
  })
  .refine((value) => value.in !== 'header' || HEADER_NAME.test(value.key), { path: ['key'], error: 'key must be a header name' });

/** RFC 9110 §5.1 */
const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

export const apiKeyAuth = definePolicy<ApiKeyAuthParams>({
  name: 'api-key-auth',
  version: 'v1',
  fullVersion: '1.2.1',
  displayName: 'API key authentication',
  description: 'Lets a request pass only with a live API key of this API, and takes the key out of what goes upstream.',
  category: 'authentication',
  phases: ['request-headers'],
  params,
});
