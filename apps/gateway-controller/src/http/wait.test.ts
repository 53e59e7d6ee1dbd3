import { expect, it } from 'vitest';

import { parseWait } from './wait.ts';

it.each([
  [{}, undefined, null],
  [{ wait: 'programmed' }, undefined, { until: 'programmed', timeoutMs: 5000 }],
  [{ wait: 'synced' }, undefined, { until: 'synced', timeoutMs: 5000 }],
  [{}, 'wait=7', { until: 'programmed', timeoutMs: 7000 }],
  [{}, 'respond-async, Wait = "2"; foo', { until: 'programmed', timeoutMs: 2000 }],
  [{ wait: 'synced' }, ['respond-async', 'wait=10'], { until: 'synced', timeoutMs: 10_000 }],
  [{}, 'wait=3600', { until: 'programmed', timeoutMs: 30_000 }],
  [{}, 'wait=0', { until: 'programmed', timeoutMs: 0 }],
  [{}, 'await=3', null],
  [{}, 'wait=soon', null],
])('%j with Prefer %j waits %j', (query, prefer, wait) => {
  expect(parseWait(query, prefer)).toEqual(wait);
});

it.each(['forever', '', ['programmed', 'synced']])('refuses ?wait=%j', (wait) => {
  expect(() => parseWait({ wait }, undefined)).toThrow(expect.objectContaining({ status: 400, code: 'invalid_parameter' }));
});
