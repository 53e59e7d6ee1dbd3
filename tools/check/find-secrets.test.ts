import { expect, it } from 'vitest';

import { findSecrets } from './find-secrets.ts';

const hex64 = '0123456789abcdef'.repeat(4);

// put together here, so that the scan of this file finds nothing
it.each([
  ['an AWS access key', ['key = "AKIA', 'IOSFODNN7EXAMPLE"']],
  ['a GitHub token', ['ghp_', 'a1'.repeat(18)]],
  ['a private key', ['-----BEGIN PRIVATE ', 'KEY-----\n', 'A'.repeat(64)]],
  ['a gateway API key', ['apip_', hex64]],
  ['a password in a URL', ['postgres://user:', 'correcthorsebattery@db/x']],
])('finds %s and its line', (name, parts) => {
  expect(findSecrets(`first line\n${parts.join('')}\n`)).toEqual([`2: ${name}`]);
});

it.each([
  'password = "admin"',
  'redis://user:***@host',
  'apip_'.padEnd(69, 'a'),
  'postgresql://postgres@127.0.0.1:5432/db',
  'apip_ + 64 hex',
])('lets %s pass', (text) => {
  expect(findSecrets(text)).toEqual([]);
});
