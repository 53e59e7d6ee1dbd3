import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

import { headerName } from '../header-fields.ts';

export type BackendJwtParams = z.infer<typeof params>;

/** What this policy itself vouches for. */
const RESERVED = new Set(['iss', 'iat', 'exp', 'nbf', 'jti', 'sub', 'aud', 'auth_type', 'credential_id', 'scope']);

const claim = z
  .string()
  .min(1)
  .max(256)
  .refine((name) => !RESERVED.has(name) && name !== '__proto__', 'this claim is the policy’s own');

const params = z.strictObject({
  header: headerName.default('x-jwt-assertion').describe('Header that carries the token to the upstream'),
  claimMappings: z.record(z.string().min(1).max(256), claim).default({}).describe('Claim of the caller’s token → its name here'),
  customClaims: z
    .record(
      claim,
      z
        .string()
        .max(1024)
        .refine((value) => !value.startsWith('$ctx:'), '$ctx: values are not supported'),
    )
    .default({})
    .describe('Claims with a fixed text'),
});

export const backendJwt = definePolicy<BackendJwtParams>({
  name: 'backend-jwt',
  version: 'v1',
  fullVersion: '1.0.1',
  displayName: 'Backend JWT',
  description: 'Tells the upstream who called, in a JSON Web Token that this gateway signs.',
  category: 'authentication',
  phases: ['request-headers'],
  params,
});
