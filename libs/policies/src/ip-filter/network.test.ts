import { BlockList, isIP } from 'node:net';

import fc from 'fast-check';
import { expect, it } from 'vitest';

import { contains, parseAddress, parseNetwork } from './network.ts';

const address = fc.oneof(fc.ipV4(), fc.ipV6());

it('reads addresses as Node does', () => {
  fc.assert(fc.property(address, (text) => parseAddress(text) !== null));
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9a-f:.]{0,20}$/), (text) => {
      // Node lets "01.2.3.4" pass in no form either
      const strict = isIP(text) !== 0;
      if (strict) expect(parseAddress(text)).not.toBeNull();
    }),
  );
  for (const wrong of [
    '',
    '1.2.3',
    '1.2.3.256',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    'g::',
    '12345::',
    'fe80::1%eth0',
    '::1.2.3.4.5',
  ])
    expect([wrong, parseAddress(wrong)]).toEqual([wrong, null]);
});

it('says who is in a network as BlockList says', () => {
  const pairOf = (text: fc.Arbitrary<string>, bitsMax: number) => fc.tuple(text, text, fc.integer({ min: 0, max: bitsMax }));
  fc.assert(
    fc.property(fc.oneof(pairOf(fc.ipV4(), 32), pairOf(fc.ipV6(), 128)), ([base, asked, bits]) => {
      const family = isIP(base) === 6 ? 'ipv6' : 'ipv4';
      const oracle = new BlockList();
      oracle.addSubnet(base, bits, family);
      const network = parseNetwork(`${base}/${bits}`);
      const bytes = parseAddress(asked);
      if (network === null || bytes === null) throw new Error('not read');
      expect(contains(network, bytes)).toBe(oracle.check(asked, family));
    }),
  );
});
