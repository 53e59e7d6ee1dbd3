import { randomBytes } from 'node:crypto';

import { expect, it } from 'vitest';

import { openBytes, sealBytes } from './aes-gcm.ts';

const key = randomBytes(32);
const plain = Buffer.from('what nobody may read');

it('opens what it sealed, and seals nothing twice alike', () => {
  const sealed = sealBytes(key, plain, 'about');
  expect(openBytes(key, sealed, 'about')).toEqual(plain);
  expect(sealed.includes(plain)).toBe(false);
  expect(sealBytes(key, plain, 'about')).not.toEqual(sealed);
});

it('opens nothing under another key, about another thing, changed or cut', () => {
  const sealed = sealBytes(key, plain, 'about');
  expect(openBytes(randomBytes(32), sealed, 'about')).toBeNull();
  expect(openBytes(key, sealed, 'other')).toBeNull();
  for (let at = 0; at < sealed.length; at++) {
    const changed = Buffer.from(sealed);
    changed[at] = (changed[at] as number) ^ 1;
    expect(openBytes(key, changed, 'about')).toBeNull();
    expect(openBytes(key, sealed.subarray(0, at), 'about')).toBeNull();
  }
});
