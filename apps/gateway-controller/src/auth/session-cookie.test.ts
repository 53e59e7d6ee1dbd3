import { expect, it } from 'vitest';

import { newToken } from '../gateways/token.ts';
import { sessionCookie, sessionToken } from './session-cookie.ts';

it('is read back from what a browser sends', () => {
  const token = newToken('tgs');
  const [pair] = sessionCookie(token, { lifetimeMs: 1000, secure: true }).split(';');
  expect(sessionToken(pair)).toBe(token);
  expect(sessionToken(`a=b; ${pair}; c=d`)).toBe(token);
});

it.each([
  undefined,
  '',
  'tidegate_session',
  'tidegate_session=',
  'tidegate_session=tgs_x',
  'other=tgs_',
  '=;=',
  'tidegate_session=tgn_x',
])('finds no session in %j', (header) => {
  expect(sessionToken(header)).toBeNull();
});

it('is out of reach of scripts and of other sites, and ends', () => {
  expect(sessionCookie('t', { lifetimeMs: 90_500, secure: false })).toBe(
    'tidegate_session=t; Path=/; Max-Age=90; HttpOnly; SameSite=Strict',
  );
  expect(sessionCookie('', { lifetimeMs: 0, secure: true })).toBe(
    'tidegate_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict; Secure',
  );
});
