import { networkList } from './network-list.ts';

/**
 * Where nobody may connect to for a document's sake (`router.upstream.denied_networks`): networks ("169.254.0.0/16", "fc00::/7") or
 * addresses. Throws on anything else: a typo must not open what was to be closed.
 */
export function deniedNetworks(networks: readonly string[]): (address: string) => boolean {
  return networkList('router.upstream.denied_networks', networks);
}
