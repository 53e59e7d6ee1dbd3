import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

import { headerName } from '../header-fields.ts';

export type OpaqueTokenAuthParams = z.infer<typeof params>;

const text = z.string().min(1).max(512);
const texts = z.array(text).max(50);

const params = z.strictObject({
  issuers: texts
    .optional()
    .describe('Introspection providers (by name or issuer) that are asked; absent = all that are configured'),
  audiences: texts.optional().describe('One of these must be in "aud"; absent = any'),
  requiredScopes: texts.optional().describe('The token must have one of these scopes'),
  requiredClaims: z.record(text, text).optional().describe('Members of the introspection answer and their values, all of them'),
  headerName: headerName.default('Authorization').describe('Header that carries the token'),
  authHeaderPrefix: z.string().max(64).default('Bearer').describe('Scheme in front of the token; "" = none'),
  userIdClaim: text.default('sub').describe('Member of the introspection answer that says who called'),
  forwardToken: z.boolean().default(true).describe('Pass the token on to the upstream'),
  forwardedTokenHeader: headerName.default('x-forwarded-authorization').describe('Header in which it is passed on'),
});

export const opaqueTokenAuth = definePolicy<OpaqueTokenAuthParams>({
  name: 'opaque-token-auth',
  version: 'v1',
  fullVersion: '1.0.1',
  displayName: 'Opaque token authentication',
  description: 'Lets a request pass only with a token that its issuer says is active (RFC 7662).',
  category: 'authentication',
  phases: ['request-headers'],
  params,
});
