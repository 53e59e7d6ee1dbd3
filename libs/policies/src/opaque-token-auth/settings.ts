import { z } from 'zod';

import { duration, lowerKeys } from '../jwt-auth/settings.ts';

export type OpaqueTokenSettings = z.infer<typeof opaqueTokenSettings>;
export type Provider = OpaqueTokenSettings['introspectionproviders'][number];

const provider = z.object({
  name: z.string().min(1),
  issuer: z.string().default(''),
  /** RE2; which tokens are this provider's. "" = all */
  tokenpattern: z.string().default(''),
  introspection: z.object({
    uri: z.url({ protocol: /^https?$/ }),
    clientid: z.string().default(''),
    clientsecret: z.string().default(''),
    authstyle: z.enum(['basic', 'post']).default('basic'),
    /** In place of the client's credentials */
    bearertoken: z.string().default(''),
    tokentypehint: z.string().default(''),
    certificatepath: z.string().default(''),
    skiptlsverify: z.boolean().default(false),
  }),
});

/** `[policy_configurations.opaquetokenauth_v1]`, names in any case; what is not here is ignored. */
export const opaqueTokenSettings = z.preprocess(
  lowerKeys,
  z.object({
    introspectionproviders: z.array(provider).default([]),
    tokencachettl: duration.prefault('60s'),
    negativecachettl: duration.prefault('30s'),
    cachemaxsize: z.int().min(0).max(1_000_000).default(10_000),
    introspectiontimeout: duration.prefault('5s'),
    onfailurestatuscode: z.int().min(400).max(499).default(401),
    errormessageformat: z.enum(['json', 'plain', 'minimal']).default('json'),
    errormessage: z.string().default('Authentication failed'),
  }),
);
