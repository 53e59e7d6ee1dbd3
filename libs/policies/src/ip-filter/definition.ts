import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

import { parseNetwork } from './network.ts';

export type IpFilterParams = z.infer<typeof params>;

const network = z
  .string()
  .max(64)
  .refine((text) => parseNetwork(text) !== null, 'an address or a network like "10.0.0.0/8" or "2001:db8::/32"')
  .describe('Address or network (CIDR)');

const params = z
  .strictObject({
    allow: z
      .array(network)
      .min(1)
      .max(1000)
      .optional()
      .describe('Only these may call; absent = everybody whom deny does not name'),
    deny: z.array(network).min(1).max(1000).optional().describe('These may not call, also when allow names them'),
    statusCode: z.int().min(400).max(499).default(403).describe('Status of a refusal'),
  })
  .refine(({ allow, deny }) => allow !== undefined || deny !== undefined, 'allow or deny is required');

export const ipFilter = definePolicy<IpFilterParams>({
  name: 'ip-filter',
  version: 'v1',
  fullVersion: '1.0.0',
  displayName: 'IP filter',
  description: 'Lets requests pass by the address of the client.',
  category: 'security',
  phases: ['request-headers'],
  params,
});
