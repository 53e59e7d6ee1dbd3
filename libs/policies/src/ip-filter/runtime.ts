import { definePolicyRuntime, jsonResponse } from '@tidegate/policy-sdk';

import { ipFilter, type IpFilterParams } from './definition.ts';
import { contains, type Network, parseAddress, parseNetwork } from './network.ts';

export const ipFilterRuntime = definePolicyRuntime<IpFilterParams>({
  definition: ipFilter,
  build({ allow, deny, statusCode }) {
    const allowed = allow?.map(networkOf);
    const denied = (deny ?? []).map(networkOf);
    const refused = jsonResponse(statusCode, '{"error":"Forbidden","message":"Client address not allowed"}');
    return {
      requestHeaders({ clientAddress }) {
        const address = parseAddress(clientAddress);
        // Who cannot be told from somebody that may not call is refused.
        if (address === null || denied.some((network) => contains(network, address))) return refused;
        return allowed === undefined || allowed.some((network) => contains(network, address)) ? undefined : refused;
      },
    };
  },
});

function networkOf(text: string): Network {
  const network = parseNetwork(text);
  if (network === null) throw new Error(`not a network: ${text}`);
  return network;
}
