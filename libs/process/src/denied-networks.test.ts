import { expect, test } from 'vitest';

import { deniedNetworks } from './denied-networks.ts';

test('networks are what they say, whatever an address looks like; a typo is none', () => {
  const isDenied = deniedNetworks(['10.0.0.0/8', '169.254.169.254', 'fc00::/7', '::1']);
  for (const address of ['10.1.2.3', '169.254.169.254', 'fd00::1', '::1', '::ffff:10.1.2.3', '::ffff:a01:203']) {
    expect([address, isDenied(address)]).toEqual([address, true]);
  }
  for (const address of ['11.0.0.1', '169.254.169.253', '2001:db8::1', 'name']) {
    expect([address, isDenied(address)]).toEqual([address, false]);
  }
  for (const typo of ['10.0.0.0/33', '10.0.0/8', 'localhost', '', '10.0.0.0/', '10.0.0.0/x', 'fc00::/129']) {
    expect(() => deniedNetworks([typo])).toThrow('denied_networks');
  }
});
