import { expect, it } from 'vitest';

import { withoutSecrets } from './config-dump.ts';

it('shows where parameters stand, not what they are, and no user of a URL', () => {
  const document = {
    metadata: { name: 'a' },
    spec: {
      upstream: { main: { url: 'https://user:pass@host/p?x=a@b' } },
      policies: [{ name: 'basic-auth', version: 'v1', params: { users: [{ name: 'u', password: 'secret' }], on: true } }],
    },
  };
  expect(withoutSecrets(document)).toEqual({
    metadata: { name: 'a' },
    spec: {
      upstream: { main: { url: 'https://***@host/p?x=a@b' } },
      policies: [{ name: 'basic-auth', version: 'v1', params: { users: [{ name: '***', password: '***' }], on: '***' } }],
    },
  });
});
