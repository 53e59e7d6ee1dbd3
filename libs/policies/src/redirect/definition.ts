import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

export type RedirectParams = z.infer<typeof params>;

const params = z.strictObject({
  statusCode: z.literal([301, 302, 303, 307, 308]).default(302).describe('Status of the answer'),
  scheme: z.enum(['http', 'https']).optional().describe("Scheme of the new address; absent = the request's"),
  hostname: z
    .string()
    .min(1)
    .max(253)
    .regex(/^[a-zA-Z0-9.-]+$/, 'a host name without a port')
    .optional()
    .describe("Host of the new address; absent = the request's"),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe("Port of the new address; absent = the request's, or the scheme's default when the scheme changes"),
  path: z
    .strictObject({
      mode: z
        .enum(['full', 'prefix'])
        .describe('full: value is the whole path. prefix: value replaces the part that the operation path matched'),
      value: z
        .string()
        .max(2048)
        .regex(/^\/[\x21\x22\x24-\x3e\x40-\x7e]*$/, 'a path that starts with "/", without "?" or "#"')
        .describe('The new path, or what replaces its beginning'),
    })
    .optional()
    .describe("What changes in the path; absent = the request's"),
});

export const redirect = definePolicy<RedirectParams>({
  name: 'redirect',
  version: 'v0',
  fullVersion: '0.9.1',
  displayName: 'Redirect',
  description: 'Sends the client to another address, made of the one it asked for.',
  category: 'mediation',
  phases: ['request-headers'],
  params,
});
