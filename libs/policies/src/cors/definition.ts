import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

export type CorsParams = z.infer<typeof params>;

const token = z
  .string()
  .max(256)
  .regex(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/, 'a token (RFC 9110 §5.6.2)');

const origin = z
  .string()
  .max(512)
  .regex(
    /^(?:\*|null|[a-z][a-z0-9+.-]*:\/\/(?:\*\.)?(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?)$/,
    '"*", an origin like "https://app.example.com", or "https://*.example.com"',
  );

const params = z
  .strictObject({
    allowedOrigins: z
      .array(origin)
      .min(1)
      .max(200)
      .describe(
        'Origins whose pages may read answers: "*", an exact origin, or "scheme://*.suffix[:port]" for every subdomain (not the suffix itself)',
      ),
    allowedMethods: z
      .array(token)
      .min(1)
      .max(50)
      .default(['GET', 'POST', 'PUT', 'DELETE', 'OPTIONS'])
      .describe('Methods that a preflight allows, upper-case; "*" = all'),
    allowedHeaders: z
      .array(token)
      .max(200)
      .default([])
      .describe('Request headers that a preflight allows; "*" = whichever are asked for'),
    exposedHeaders: z.array(token).max(200).default([]).describe('Answer headers that pages may read'),
    allowCredentials: z
      .boolean()
      .optional()
      .describe('Sends Access-Control-Allow-Credentials with this value; true excludes "*" everywhere'),
    maxAge: z
      .int()
      .min(0)
      .max(86_400)
      .optional()
      .describe('How long browsers may remember a preflight, seconds; absent = not said'),
    forwardPreflight: z
      .boolean()
      .default(false)
      .describe('Send preflights that are not allowed upstream instead of answering them'),
  })
  .refine(
    ({ allowCredentials, allowedOrigins, allowedMethods, allowedHeaders, exposedHeaders }) =>
      allowCredentials !== true ||
      ![allowedOrigins, allowedMethods, allowedHeaders, exposedHeaders].some((list) => list.includes('*')),
    { path: ['allowCredentials'], error: 'allowCredentials cannot be true where a list holds "*"' },
  );

export const cors = definePolicy<CorsParams>({
  name: 'cors',
  version: 'v1',
  fullVersion: '1.0.2',
  displayName: 'CORS',
  description: 'Answers preflights and lets pages of the allowed origins read answers, refusals included.',
  category: 'security',
  phases: ['request-headers', 'response-headers'],
  params,
});
