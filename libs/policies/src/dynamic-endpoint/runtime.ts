import { definePolicyRuntime } from '@tidegate/policy-sdk';

import { dynamicEndpoint, type DynamicEndpointParams } from './definition.ts';

export const dynamicEndpointRuntime = definePolicyRuntime<DynamicEndpointParams>({
  definition: dynamicEndpoint,
  build({ targetUpstream }, { upstreams }) {
    if (!upstreams.includes(targetUpstream)) throw new Error(`this API has no upstream ${targetUpstream}`);
    return {
      requestHeaders({ upstream }) {
        upstream.target = targetUpstream;
        return undefined;
      },
    };
  },
});
