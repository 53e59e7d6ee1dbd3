import { contentHash, EntryKind, Subscription } from '@tidegate/gateway-ir';
import { expect, test } from 'vitest';

import { sampleEntry, sampleHeld } from '../testing/sample-held.ts';
import { createSubscriptionStore } from './subscription-store.ts';

function subscription(id: string, token: string, more: Partial<Subscription> = {}) {
  const digest = { value: contentHash(Buffer.from(token)) };
  const content = Subscription.fromPartial({ id, apiId: 'api', digest, ...more });
  return sampleEntry(EntryKind.SUBSCRIPTION, id, Buffer.from(Subscription.encode(content).finish()));
}

const plan = { planName: 'Gold', limitCount: 3, limitUnit: 'Min', limitWindowMs: 60_000, stopOnQuotaReach: true };

test('a token is found for its API alone, with the limits of its plan', () => {
  const store = createSubscriptionStore(() => 0);
  store.replace(sampleHeld([subscription('s1', 'token', plan), subscription('s2', 'free')]));
  expect(store.findByToken('api', 'token')).toEqual({
    id: 's1',
    apiId: 'api',
    applicationId: '',
    planName: 'Gold',
    quota: { count: 3, unit: 'Min', windowMs: 60_000, stops: true },
    expiresAtMs: 0,
    billingCustomerId: '',
    billingSubscriptionId: '',
  });
  expect(store.findByToken('api', 'free')?.quota).toBeNull();
  expect(store.findByToken('other', 'token')).toBeNull();
  expect(store.findByToken('api', 'wrong')).toBeNull();
  expect(store.size).toBe(2);
});

test('an application is found by its name for itself, of several subscriptions always the same', () => {
  const both = [subscription('s2', 'b', { applicationId: 'app' }), subscription('s1', 'a', { applicationId: 'app' })];
  for (const entries of [both, both.toReversed()]) {
    const store = createSubscriptionStore(() => 0);
    store.replace(sampleHeld(entries));
    expect(store.findByApplication('api', 'app')?.id).toBe('s1');
    expect(store.findByApplication('api', '')).toBeNull();
    expect(store.findByApplication('other', 'app')).toBeNull();
  }
});

test('the end of a plan is exact', () => {
  let nowMs = 999;
  const store = createSubscriptionStore(() => nowMs);
  store.replace(sampleHeld([subscription('s1', 't', { expiresAtMs: 1000, applicationId: 'app' })]));
  expect([store.findByToken('api', 't'), store.findByApplication('api', 'app')]).not.toContain(null);
  nowMs = 1000;
  expect([store.findByToken('api', 't'), store.findByApplication('api', 'app')]).toEqual([null, null]);
});

test('what is gone lets nobody in, and may come back', () => {
  const store = createSubscriptionStore(() => 0);
  const entry = subscription('s1', 't');
  for (const [entries, found] of [
    [[entry], 's1'],
    [[], undefined],
    [[entry], 's1'],
  ] as const) {
    store.replace(sampleHeld(entries));
    expect(store.findByToken('api', 't')?.id).toBe(found);
  }
});

test('what is not a subscription is nobody’s', () => {
  const store = createSubscriptionStore(() => 0);
  const short = subscription('s1', 't', { digest: { value: Buffer.from('short') } });
  store.replace(sampleHeld([short, sampleEntry(EntryKind.SUBSCRIPTION, 's2', Buffer.from([0xff, 0xff]))]));
  expect(store.size).toBe(0);
});
