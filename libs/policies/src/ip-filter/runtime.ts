import { definePolicyRuntime, jsonResponse } from '@tidegate/policy-sdk';

import { ipFilter, type IpFilterParams } from './definition.ts';
import { contains, type Network, parseAddress, parseNetwork } from './network.ts';

export const ipFilterRuntime = definePolicyRuntime<IpFilterParams>({
  definition: ipFilter,
  build({ allow, deny, statusCode }) {
    const allowed = allow?.map(networkOf);
    const denied = (deny ?? []).map(networkOf);
    const refused = jsonResponse(statusCode, '{"error":"Forbidden","message":"Client address not allowed"}');
    const decide = (clientAddress: string): boolean => {
      const address = parseAddress(clientAddress);
      // Who cannot be told from somebody that may not call is refused.
      if (address === null || denied.some((network) => contains(network, address))) return false;
      return allowed === undefined || allowed.some((network) => contains(network, address));
    };
    // The same clients come again and again; the lists do not change. Forgotten whole when it is full: strangers must not fill it.
    const decided = new Map<string, boolean>();
    return {
      requestHeaders({ clientAddress }) {
        let passes = decided.get(clientAddress);
        if (passes === undefined) {
          passes = decide(clientAddress);
          if (decided.size >= DECIDED_MAX) decided.clear();
          decided.set(clientAddress, passes);
        }
        return passes ? undefined : refused;
      },
    };
  },
});

const DECIDED_MAX = 10_000;

function networkOf(text: string): Network {
  const network = parseNetwork(text);
  if (network === null) throw new Error(`not a network: ${text}`);
  return network;
}
