import { BlockList, isIP } from 'node:net';

/**
 * Where nobody may connect to for a document's sake (`router.upstream.denied_networks`): networks ("169.254.0.0/16", "fc00::/7") or
 * addresses. Throws on anything else: a typo must not open what was to be closed.
 */
export function deniedNetworks(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    const bits = prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix);
    if (isIP(address) === 0 || !/^\d{1,3}$/.test(prefix ?? '0') || bits > (family === 'ipv6' ? 128 : 32)) {
      throw new Error(`router.upstream.denied_networks: "${network}" is not an address or network`);
    }
    list.addSubnet(address, bits, family);
  }
  if (networks.length === 0) return () => false;
  // An IPv4 address in IPv6's clothes is found too (::ffff:10.0.0.1).
  return (address) => isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
