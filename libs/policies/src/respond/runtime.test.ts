import { expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { respond } from './definition.ts';
import { respondRuntime } from './runtime.ts';

const run = (params: unknown) =>
  respondRuntime.build(respond.params.parse(params), sampleContext()).requestHeaders?.(sampleExchange());

it('answers with what it was told, and with no header of its own', () => {
  const headers = [
    { name: 'X-A', value: '1' },
    { name: 'x-a', value: '2' },
  ];
  expect(run({ statusCode: 418, body: 'é', headers })).toEqual({ status: 418, headers: [['x-a', '2']], body: Buffer.from('é') });
  expect(run({})).toEqual({ status: 200, headers: [], body: Buffer.alloc(0) });
});

it('sends no body where there must be none', () => {
  expect(run({ statusCode: 204, body: 'text' })).toMatchObject({ status: 204, body: Buffer.alloc(0) });
});

it.each([
  { statusCode: 99 },
  { statusCode: 101 },
  { statusCode: 600 },
  { body: 'x'.repeat(1_048_577) },
  { headers: [{ name: 'a', value: 'b\nc' }] },
  { headers: [{ name: 'Content-Length', value: '1' }] },
  { status: 200 },
])('refuses some parameters (%#)', (params) => {
  expect(respond.params.safeParse(params).success).toBe(false);
});
