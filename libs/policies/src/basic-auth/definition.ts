import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

export type BasicAuthParams = z.infer<typeof params>;

const params = z.strictObject({
  username: z.string().min(1).max(256).describe('The one user name that is accepted'),
  password: z.string().min(1).max(256).meta({ description: 'Its password; sealed on its way to the routers', secret: true }),
  allowUnauthenticated: z
    .boolean()
    .default(false)
    .describe('Let a request without valid credentials pass all the same, unauthenticated'),
  realm: z
    .string()
    .max(256)
    .regex(/^[\x20\x21\x23-\x5b\x5d-\x7e]*$/, 'printable characters without quote and backslash')
    .default('Restricted')
    .describe('Realm that a refused client is told'),
});

export const basicAuth = definePolicy<BasicAuthParams>({
  name: 'basic-auth',
  version: 'v1',
  fullVersion: '1.0.3',
  displayName: 'Basic authentication',
  description: 'Lets a request pass only with one user name and password (RFC 7617).',
  category: 'authentication',
  phases: ['request-headers'],
  params,
});
