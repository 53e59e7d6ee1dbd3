import { expect, test } from 'vitest';

import { readEnvelope } from './envelope.ts';

const event = (more: object = {}, payload: object = {}) =>
  JSON.stringify({
    type: 'api.deployed',
    payload: { apiId: 'a', deploymentId: 'd', performedAt: '2026-05-26T10:20:00.123456789Z', ...payload },
    timestamp: '2026-05-26T10:20:01Z',
    correlationId: 'deploy:d',
    ...more,
  });

test('keeps the time as it came, to the nanosecond', () => {
  expect(readEnvelope(event())).toMatchObject({
    eventType: 'api.deployed',
    performedAt: '2026-05-26T10:20:00.123456789Z',
    correlationId: 'deploy:d',
    userId: '',
  });
});

test('a redelivery has the same key, another deployment of the same revision has not', () => {
  const key = readEnvelope(event())?.dedupeKey;
  expect(readEnvelope(event({ timestamp: '2026-05-26T11:00:00Z', correlationId: 'again' }))?.dedupeKey).toBe(key);
  expect(readEnvelope(event({}, { performedAt: '2026-05-26T10:20:00.2Z' }))?.dedupeKey).not.toBe(key);
  expect(readEnvelope(event({ type: 'api.undeployed' }))?.dedupeKey).not.toBe(key);
});

test('an event without a time of its own is told from the next by its envelope', () => {
  const revoked = (timestamp: string) =>
    JSON.stringify({ type: 'apikey.revoked', payload: { apiId: 'a', keyName: 'k' }, timestamp });
  const first = readEnvelope(revoked('2026-05-26T10:00:00Z'));
  expect(first?.performedAt).toBe('2026-05-26T10:00:00Z');
  expect(readEnvelope(revoked('2026-05-26T10:00:00Z'))?.dedupeKey).toBe(first?.dedupeKey);
  expect(readEnvelope(revoked('2026-05-27T10:00:00Z'))?.dedupeKey).not.toBe(first?.dedupeKey);
});

test.each(['', 'not json', '[]', 'null', '{"type":"x"}', '{"type":1,"payload":{}}', '{"type":"","payload":{}}'])(
  'no event: %s',
  (text) => {
    expect(readEnvelope(text)).toBeNull();
  },
);

test("a subscription's token does not go on, its digest does", () => {
  const payload = { apiId: 'a', subscriptionId: 's', subscriptionToken: 'secret-token' };
  const event = readEnvelope(JSON.stringify({ type: 'subscription.created', payload, timestamp: '2026-05-26T10:00:00Z' }));
  expect(JSON.stringify(event)).not.toContain('secret-token');
  expect(JSON.parse(event?.payloadJson ?? '')).toMatchObject({
    subscriptionToken: { sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
  });
});
