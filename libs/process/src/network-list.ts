import { BlockList, isIP } from 'node:net';

/**
 * Whether an address is one of these addresses or in one of these networks ("10.0.0.0/8", "::1"); nothing is in an empty list. An IPv4
 * address in IPv6's clothes is found too (::ffff:10.0.0.1).
 * @throws Error naming `setting` for anything else: a typo must not open or close what nobody meant
 */
export function networkList(setting: string, networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    const bits = prefix === undefined ? (family === 'ipv6' ? 128 : 32) : Number(prefix);
    if (isIP(address) === 0 || !/^\d{1,3}$/.test(prefix ?? '0') || bits > (family === 'ipv6' ? 128 : 32)) {
      throw new Error(`${setting}: "${network}" is not an address or network`);
    }
    list.addSubnet(address, bits, family);
  }
  if (networks.length === 0) return () => false;
  return (address) => isIP(address) !== 0 && list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
