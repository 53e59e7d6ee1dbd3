import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

export type DynamicEndpointParams = z.infer<typeof params>;

const params = z.strictObject({
  targetUpstream: z.string().min(1).max(100).describe('Name of one of spec.upstreamDefinitions'),
});

export const dynamicEndpoint = definePolicy<DynamicEndpointParams>({
  name: 'dynamic-endpoint',
  version: 'v1',
  fullVersion: '1.0.1',
  displayName: 'Dynamic endpoint',
  description: 'Sends the request to another upstream of the API.',
  category: 'mediation',
  phases: ['request-headers'],
  upstreamParam: 'targetUpstream',
  params,
});
