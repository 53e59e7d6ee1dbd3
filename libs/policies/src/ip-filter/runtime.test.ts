import { expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { ipFilter } from './definition.ts';
import { ipFilterRuntime } from './runtime.ts';

const REFUSED = {
  status: 403,
  headers: [['content-type', 'application/json']],
  body: '{"error":"Forbidden","message":"Client address not allowed"}',
};

function run(params: unknown, clientAddress: string) {
  return ipFilterRuntime
    .build(ipFilter.params.parse(params), sampleContext())
    .requestHeaders?.(sampleExchange({ clientAddress }));
}

it.each([
  [{ allow: ['10.0.0.0/8'] }, '10.1.2.3', true],
  [{ allow: ['10.0.0.0/8'] }, '11.1.2.3', false],
  [{ allow: ['10.0.0.0/8'] }, '::ffff:10.1.2.3', true],
  [{ allow: ['10.0.0.0/8'], deny: ['10.0.0.1'] }, '10.0.0.1', false],
  [{ allow: ['10.0.0.0/8'], deny: ['10.0.0.1'] }, '10.0.0.2', true],
  [{ deny: ['192.0.2.0/24'] }, '192.0.2.255', false],
  [{ deny: ['192.0.2.0/24'] }, '192.0.3.0', true],
  [{ allow: ['2001:db8::/32'] }, '2001:db8:1::1', true],
  [{ allow: ['2001:db8::/32'] }, '2001:db9::1', false],
  [{ allow: ['::1'] }, '127.0.0.1', false],
  [{ allow: ['0.0.0.0/0'] }, '203.0.113.9', true],
  [{ allow: ['10.0.0.0/8'] }, 'not an address', false],
] as const)('%j: %s passes: %s', (params, address, passes) => {
  expect(run(params, address)).toEqual(passes ? undefined : REFUSED);
});

it('answers with the status it was told', () => {
  expect(run({ allow: ['10.0.0.1'], statusCode: 404 }, '10.0.0.2')).toMatchObject({ status: 404 });
});

it.each([
  {},
  { allow: [] },
  { allow: ['10.0.0.0/33'] },
  { deny: ['10.0.0'] },
  { deny: ['::/129'] },
  { allow: ['10.0.0.0/8/9'] },
  { allow: ['10.0.0.0/-1'] },
  { allow: ['localhost'] },
  { allow: ['10.0.0.1'], statusCode: 200 },
  { block: ['10.0.0.1'] },
])('refuses %j', (params) => {
  expect(ipFilter.params.safeParse(params).success).toBe(false);
});
