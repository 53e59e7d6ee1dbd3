import { expect, test } from 'vitest';

import { type ForwardedInput, forwardedOf, trustOf } from './client-address.ts';
import { requestIdOf } from './request-id.ts';

const input = (peer: string, headers: Record<string, string> = {}): ForwardedInput => ({
  peer,
  host: 'own',
  encrypted: false,
  header: (name) => headers[name],
});

test.each([
  [[], '9.9.9.9', '6.6.6.6', '9.9.9.9', '9.9.9.9'],
  [['10.0.0.0/8'], '9.9.9.9', '6.6.6.6', '9.9.9.9', '9.9.9.9'],
  [['10.0.0.0/8'], '10.0.0.1', '6.6.6.6', '6.6.6.6', '6.6.6.6, 10.0.0.1'],
  [['10.0.0.0/8'], '10.0.0.1', '1.1.1.1, 6.6.6.6, 10.0.0.2', '6.6.6.6', '1.1.1.1, 6.6.6.6, 10.0.0.2, 10.0.0.1'],
  [['10.0.0.0/8'], '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3', '10.0.0.3, 10.0.0.2, 10.0.0.1'],
  [['10.0.0.0/8'], '10.0.0.1', '6.6.6.6, nonsense', '10.0.0.1', '6.6.6.6, nonsense, 10.0.0.1'],
  [['10.0.0.1'], '::ffff:10.0.0.1', '6.6.6.6', '6.6.6.6', '6.6.6.6, 10.0.0.1'],
  [['fd00::/8'], 'fd00::1', '2001:db8::1', '2001:db8::1', '2001:db8::1, fd00::1'],
])('trusting %s, peer %s saying "%s": client %s', (proxies, peer, claimed, clientAddress, forwardedFor) => {
  const result = forwardedOf(input(peer, { 'x-forwarded-for': claimed }), trustOf(proxies));
  expect(result).toMatchObject({ clientAddress, forwardedFor });
});

test('scheme and host are believed from trusted peers only', () => {
  const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'public' };
  expect(forwardedOf(input('1.1.1.1', headers), trustOf([]))).toMatchObject({ proto: 'http', forwardedHost: 'own' });
  expect(forwardedOf(input('1.1.1.1', headers), trustOf(['1.1.1.1']))).toMatchObject({ proto: 'https', forwardedHost: 'public' });
  expect(forwardedOf(input('1.1.1.1', { 'x-forwarded-proto': 'gopher' }), trustOf(['1.1.1.1'])).proto).toBe('http');
});

test.each(['10.0.0.0/33', 'localhost', '10.0.0.0/x', '10.0.0.0/', ''])('"%s" in trusted_proxies is refused', (proxy) => {
  expect(() => trustOf([proxy])).toThrow(/trusted_proxies/);
});

test('a request id is the client’s if it may be logged', () => {
  expect(requestIdOf('abc-1')).toBe('abc-1');
  for (const bad of [undefined, '', 'a b', 'a"b', 'x'.repeat(129)]) expect(requestIdOf(bad)).toMatch(/^[0-9a-f-]{36}$/);
});
