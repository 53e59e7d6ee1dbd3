import { z } from 'zod';

import { durationToMs } from '../limiter/duration.ts';

export type JwtSettings = z.infer<typeof jwtSettings>;
export type KeyManager = JwtSettings['keymanagers'][number];

/** "5m", "30s", "500ms", or milliseconds. */
export const duration = z
  .union([z.int().min(0), z.string().regex(/^\d+(ms|s|m|h)$/)])
  .transform((value) => (typeof value === 'number' ? value : durationToMs(value)));

const keyManager = z.object({
  name: z.string().min(1),
  issuer: z.string().default(''),
  scopeclaim: z.string().default(''),
  scopeclaimseparator: z.string().min(1).default(' '),
  jwks: z.union([
    z.object({
      remote: z.object({
        uri: z.url({ protocol: /^https?$/ }),
        certificatepath: z.string().default(''),
        skiptlsverify: z.boolean().default(false),
      }),
    }),
    /** A JWKS, or certificates and public keys in PEM: as text, or as a file that is read when an API is built */
    z.object({
      local: z.union([z.object({ inline: z.string().min(2) }), z.object({ certificatepath: z.string().min(1) })]),
    }),
  ]),
});

/** `[policy_configurations.jwtauth_v1]`, WSO2's names in lower case; what is not here is ignored. */
const schema = z.object({
  keymanagers: z.array(keyManager).default([]),
  jwkscachettl: duration.prefault('5m'),
  jwksfetchtimeout: duration.prefault('5s'),
  leeway: duration.prefault('30s'),
  authheaderscheme: z.string().default('Bearer'),
  headername: z.string().default('Authorization'),
  onfailurestatuscode: z.int().min(400).max(499).default(401),
  errormessageformat: z.enum(['json', 'plain', 'minimal']).default('json'),
  errormessage: z.string().default('Authentication failed'),
  validateissuer: z.boolean().default(true),
});

/** WSO2 writes scopeClaim or scopeclaim: keys are read in any case. */
export const jwtSettings = z.preprocess(lowerKeys, schema);

export function lowerKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lowerKeys);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toLowerCase(), lowerKeys(member)]));
}
