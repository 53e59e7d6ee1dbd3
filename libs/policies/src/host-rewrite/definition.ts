import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

export type HostRewriteParams = z.infer<typeof params>;

const params = z.strictObject({
  host: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[a-zA-Z0-9.:-]+$/, 'a host name, with a port if need be')
    .describe('Value of Host for the upstream; a port is allowed'),
});

export const hostRewrite = definePolicy<HostRewriteParams>({
  name: 'host-rewrite',
  version: 'v1',
  fullVersion: '1.0.1',
  displayName: 'Host rewrite',
  description: 'Sets the Host header that the upstream sees. Where the request goes does not change.',
  category: 'transformation',
  phases: ['request-headers'],
  params,
});
