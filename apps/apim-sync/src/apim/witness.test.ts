import { expect, test } from 'vitest';

import { collectExchanges, masked } from './witness.ts';

test.each([
  ['token Bearer abc.def-1 refused', 'token Bearer *** refused'],
  ['{"access_token":"s3cret","expires_in":1}', '{"access_token":***,"expires_in":1}'],
  ['client_secret=s3cret&x=1', 'client_secret=***&x=1'],
  ['eyJhbGciOi.eyJzdWIi.c2ln is expired', '*** is expired'],
  ['The token of /petstore is missing', 'The token of /petstore is missing'],
])('masks %s', (text, expected) => {
  expect(masked(text)).toBe(expected);
});

test('keeps what was asked and what went wrong, never what was sent or given', () => {
  const { witness, exchanges } = collectExchanges();
  const asked = { method: 'POST', path: '/import?x=1', headers: { authorization: 'Bearer s3cret' }, body: 'zip s3cret' } as const;
  witness(asked, { kind: 'answer', status: 200, headers: {}, body: '{"id":"1"}' }, Date.now());
  witness(asked, { kind: 'answer', status: 400, headers: {}, body: 'Bearer s3cret is bad' }, Date.now());
  witness(asked, { kind: 'no-answer', sent: true, message: 'No answer within 5 ms' }, Date.now());
  expect(exchanges).toMatchObject([
    { method: 'POST', path: '/import?x=1', requestBytes: 10, status: 200, answer: '' },
    { status: 400, answer: 'Bearer *** is bad' },
    { status: 0, answer: 'No answer within 5 ms' },
  ]);
  expect(JSON.stringify(exchanges)).not.toContain('s3cret');
  for (let more = 0; more < 100; more++) witness(asked, { kind: 'no-answer', sent: false, message: '' }, 0);
  expect(exchanges).toHaveLength(40);
});
