import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

import { headerName } from '../header-fields.ts';

export type JwtAuthParams = z.infer<typeof params>;

const text = z.string().min(1).max(512);
const texts = z.array(text).max(50);
const claimRule = z.strictObject({
  claim: text.describe('Name of the claim'),
  values: texts.min(1).describe('The claim, or one of its members, must be one of these'),
});

const params = z.strictObject({
  issuers: texts
    .optional()
    .describe('Key managers (by name or issuer) whose tokens are accepted; absent = all that are configured'),
  audiences: texts.optional().describe('One of these must be in "aud"; absent = any'),
  scopes: z
    .strictObject({
      allOf: texts.default([]).describe('The token must have all of these scopes'),
      anyOf: texts.default([]).describe('The token must have one of these scopes'),
    })
    .optional()
    .describe('Scopes that are needed'),
  claims: z
    .strictObject({
      allOf: z.array(claimRule).max(50).default([]).describe('All of these must hold'),
      anyOf: z.array(claimRule).max(50).default([]).describe('One of these must hold'),
    })
    .optional()
    .describe('What claims must say'),
  requiredScopes: texts.optional().describe('Deprecated: one of these scopes; not used beside scopes'),
  requiredClaims: z
    .record(text, text)
    .optional()
    .describe('Deprecated: claims and their values, all of them; not used beside claims'),
  claimMappings: z
    .record(text, headerName)
    .optional()
    .describe('Claim → header that tells it to the upstream; set to "" when the token has no such claim'),
  headerName: headerName.optional().describe('Header that carries the token; absent = the gateway’s setting (Authorization)'),
  authHeaderPrefix: z
    .string()
    .max(64)
    .optional()
    .describe('Scheme in front of the token; absent = the gateway’s setting (Bearer)'),
  userIdClaim: text.default('sub').describe('Claim that says who called'),
  forwardToken: z.boolean().default(true).describe('Pass the token on to the upstream'),
  forwardedTokenHeader: headerName.default('x-forwarded-authorization').describe('Header in which it is passed on'),
  forwardTokenStripScheme: z.boolean().default(false).describe('Pass the token on without its scheme'),
});

export const jwtAuth = definePolicy<JwtAuthParams>({
  name: 'jwt-auth',
  version: 'v1',
  fullVersion: '1.3.0',
  displayName: 'JWT authentication',
  description: 'Lets a request pass only with a valid JSON Web Token of a configured key manager.',
  category: 'authentication',
  phases: ['request-headers'],
  params,
});
