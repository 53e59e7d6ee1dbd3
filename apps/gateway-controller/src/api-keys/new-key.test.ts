import { hash } from 'node:crypto';

import { expect, it } from 'vitest';

import { newKey } from './new-key.ts';

const RULES = { min_key_length: 36, max_key_length: 128 };
const NOW = new Date('2026-01-31T00:00:00Z');

it('makes 32 random bytes into a key of which only digest and mask are kept', () => {
  const one = newKey({}, 'api', RULES, NOW);
  const two = newKey({}, 'api', RULES, NOW);
  expect(one.value).toMatch(/^apip_[0-9a-f]{64}$/);
  expect(one.value).not.toBe(two.value);
  expect(one.digest).toEqual(hash('sha256', one.value as string, 'buffer'));
  expect(one.masked).toBe(`***${one.value?.slice(-5)}`);
});

it.each([
  ['Reading_List API v1.0', /^reading-list-api-v1-0-key-[0-9a-f]{8}$/],
  ['---', /^api-key-[0-9a-f]{8}$/],
  ['x'.repeat(200), /^x{50}-key-[0-9a-f]{8}$/],
])('makes a name from the handle %s', (handle, name) => {
  const made = newKey({}, handle, RULES, NOW).name;
  expect(made).toMatch(name);
  expect(made.length).toBeLessThanOrEqual(63);
});

it.each([
  [{ expiresIn: { unit: 'months' as const, duration: 1 } }, '2026-03-02T00:00:00.000Z'],
  [{ expiresIn: { unit: 'seconds' as const, duration: 90 } }, '2026-01-31T00:01:30.000Z'],
  [{ expiresAt: '2026-02-01T02:00:00+02:00', expiresIn: { unit: 'weeks' as const, duration: 9 } }, '2026-02-01T00:00:00.000Z'],
])('%j expires at %s', (request, expiresAt) => {
  expect(newKey(request, 'api', RULES, NOW).expiresAt?.toISOString()).toBe(expiresAt);
});

it('never keeps a display form that gives the key away', () => {
  const apiKey = 'secret-'.repeat(6);
  expect(newKey({ apiKey, maskedApiKey: 'se…' }, 'api', RULES, NOW).masked).toBe('se…');
  expect(newKey({ apiKey, maskedApiKey: `key ${apiKey}` }, 'api', RULES, NOW).masked).toBe('***cret-');
});

it('says everything that is wrong at once', () => {
  const refused = () => newKey({ apiKey: 'short', expiresAt: '2020-01-01T00:00:00Z' }, 'api', RULES, NOW);
  expect(refused).toThrow(
    expect.objectContaining({
      status: 400,
      errors: [expect.objectContaining({ field: 'apiKey' }), expect.objectContaining({ field: 'expiresAt' })],
    }),
  );
});
