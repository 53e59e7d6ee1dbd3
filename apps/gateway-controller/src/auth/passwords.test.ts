import { argon2Sync, randomBytes } from 'node:crypto';

import { hashSync } from 'bcryptjs';
import { expect, it } from 'vitest';

import { Secret } from '@tidegate/process';

import { basicCredentials, passwordCheck } from './passwords.ts';

function phc(password: string): string {
  const nonce = randomBytes(16);
  const tag = argon2Sync('argon2id', { message: password, nonce, parallelism: 1, tagLength: 32, memory: 64, passes: 2 });
  const text = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
  return `$argon2id$v=19$m=64,t=2,p=1$${text(nonce)}$${text(tag)}`;
}

const user = (username: string, password: string, hashed = false) => ({
  username,
  password: new Secret(password),
  password_hashed: hashed,
  roles: ['viewer' as const],
});

const check = passwordCheck([
  user('Plain', 'pa:ss wörd'),
  user('bcrypt', hashSync('secret-b', 4), true),
  user('argon', phc('secret-a'), true),
  user('broken', 'not-a-hash', true),
]);

const basic = (text: string, scheme = 'Basic') => `${scheme} ${Buffer.from(text).toString('base64')}`;

it.each([
  [basic('Plain:pa:ss wörd'), 'Plain'],
  [basic('PLAIN:pa:ss wörd', 'BASIC'), 'Plain'],
  [basic('bcrypt:secret-b'), 'bcrypt'],
  [basic('bcrypt:secret-b'), 'bcrypt'],
  [basic('argon:secret-a'), 'argon'],
  [basic('Plain:wrong'), undefined],
  [basic('bcrypt:wrong'), undefined],
  [basic('argon:wrong'), undefined],
  [basic('broken:not-a-hash'), undefined],
  [basic('nobody:pa:ss wörd'), undefined],
  [basic('no-colon'), undefined],
  [basic(':'), undefined],
  ['Bearer abc', undefined],
  ['Basic', undefined],
  ['Basic ???', undefined],
  [undefined, undefined],
])('%s is %s', async (authorization, id) => {
  const presented = basicCredentials(authorization);
  expect(presented === null ? undefined : (await check(presented))?.username).toBe(id);
});
