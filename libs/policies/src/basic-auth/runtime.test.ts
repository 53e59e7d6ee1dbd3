import { describe, expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { basicAuth } from './definition.ts';
import { basicAuthRuntime } from './runtime.ts';

const REFUSED = {
  status: 401,
  headers: [
    ['content-type', 'application/json'],
    ['www-authenticate', 'Basic realm="Restricted"'],
  ],
  body: '{"error":"Unauthorized","message":"Authentication required"}',
};

function run(authorization: string | undefined, more: object = {}) {
  const exchange = sampleExchange({ headers: authorization === undefined ? {} : { authorization } });
  const params = basicAuth.params.parse({ username: 'ann', password: 'p:é', ...more });
  return { verdict: basicAuthRuntime.build(params, sampleContext()).requestHeaders?.(exchange), exchange };
}

const encoded = (text: string) => Buffer.from(text).toString('base64');

describe('basic-auth', () => {
  it.each([`Basic ${encoded('ann:p:é')}`, `basic ${encoded('ann:p:é')}`])(
    'lets %s pass, and says who called',
    (authorization) => {
      const { verdict, exchange } = run(authorization);
      expect(verdict).toBeUndefined();
      expect(exchange.auth).toEqual({ type: 'basic', subject: 'ann', properties: {}, previous: null });
      expect(exchange.removedHeaders).toEqual([]);
      expect(Object.fromEntries(exchange.metadata)).toEqual({
        'auth.success': true,
        'auth.method': 'basic',
        'auth.username': 'ann',
      });
    },
  );

  it.each([
    undefined,
    '',
    'Basic',
    'Basic ',
    'Basic !!!',
    `Bearer ${encoded('ann:p:é')}`,
    `Basic ${encoded('ann:wrong')}`,
    `Basic ${encoded('ann')}`,
    `Basic ${encoded('bob:p:é')}`,
    `Basic ${encoded('ann:p:é')}, Basic ${encoded('ann:p:é')}`,
    `Basic ${encoded('ann:p:é ')}`,
  ])('refuses %s', (authorization) => {
    const { verdict, exchange } = run(authorization);
    expect(verdict).toEqual(REFUSED);
    expect(exchange.auth).toBeNull();
    expect(exchange.metadata.get('auth.success')).toBe(false);
  });

  it('may let strangers pass, as strangers', () => {
    const { verdict, exchange } = run('Basic eDp5', { allowUnauthenticated: true });
    expect(verdict).toBeUndefined();
    expect([exchange.auth, exchange.metadata.get('auth.success')]).toEqual([null, false]);
  });

  it('tells its realm', () => {
    const headers = [
      ['content-type', 'application/json'],
      ['www-authenticate', 'Basic realm="Pets"'],
    ];
    expect(run(undefined, { realm: 'Pets' }).verdict).toMatchObject({ headers });
    expect(basicAuth.params.safeParse({ username: 'a', password: 'b', realm: 'a"b' }).success).toBe(false);
  });

  it('has its bounds', () => {
    for (const wrong of [
      {},
      { username: '', password: 'x' },
      { username: 'x' },
      { username: 'x', password: 'y'.repeat(257) },
      { username: 'x', password: 'y', users: [] },
    ])
      expect(basicAuth.params.safeParse(wrong).success).toBe(false);
  });
});
