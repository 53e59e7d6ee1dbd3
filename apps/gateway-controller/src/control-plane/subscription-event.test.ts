import { createHash } from 'node:crypto';

import { expect, test } from 'vitest';

import { readEvent } from './control-plane-event.ts';

const now = new Date('2026-05-26T12:00:00Z');
const read = (type: string, payload: unknown) => readEvent(type, payload, now);
const digest = createHash('sha256').update('t').digest();
const created = { apiId: 'api', subscriptionId: 's-1', subscriptionToken: 't', subscriptionPlanId: 'p-1', status: 'active' };
const plan = { planId: 'p-1', planName: 'Gold', throttleLimitCount: 1000, throttleLimitUnit: 'Min', status: 'ACTIVE' };
const application = {
  applicationId: 'app',
  applicationUuid: 'u',
  applicationName: 'App',
  applicationType: '',
  mappings: [{ apiKeyUuid: 'k' }],
};

test.each<[string, unknown, Record<string, unknown>]>([
  [
    'subscription.created',
    created,
    { kind: 'put-subscription', remoteId: 'api', id: 's-1', planId: 'p-1', applicationId: null, status: 'ACTIVE', digest },
  ],
  ['subscription.created', { ...created, subscriptionToken: { sha256: digest.toString('hex') } }, { digest }],
  [
    'subscription.updated',
    { subscriptionId: 's-1', status: 'INACTIVE' },
    { kind: 'change-subscription', remoteId: null, planId: null, digest: null },
  ],
  ['subscription.deleted', { ...created }, { kind: 'end-subscription', id: 's-1' }],
  [
    'subscriptionPlan.created',
    plan,
    { kind: 'put-plan', plan: { id: 'p-1', throttleLimitCount: 1000, throttleLimitUnit: 'Min', expiresAt: null } },
  ],
  [
    'subscriptionPlan.updated',
    { ...plan, throttleLimitUnit: null },
    { plan: { throttleLimitCount: null, throttleLimitUnit: null } },
  ],
  ['subscriptionPlan.deleted', plan, { kind: 'end-plan', id: 'p-1' }],
  ['application.updated', application, { kind: 'put-application', application: { id: 'app', keyUuids: ['k'] } }],
])('%s %#', (type, payload, event) => {
  expect(read(type, payload)).toMatchObject({ ok: true, event });
});

test.each<[string, unknown]>([
  ['subscription.created', { ...created, subscriptionToken: undefined }],
  ['subscription.created', { ...created, apiId: '../x' }],
  ['subscription.created', { ...created, status: 'PERHAPS' }],
  ['subscription.updated', { subscriptionId: 's-1' }],
  ['subscriptionPlan.created', { ...plan, throttleLimitCount: -1 }],
  ['subscriptionPlan.created', { ...plan, expiryTime: 'soon' }],
  ['subscriptionPlan.created', { ...plan, status: 'REVOKED' }],
  ['application.updated', { ...application, mappings: undefined }],
])('%s is refused: %j', (type, payload) => {
  expect(read(type, payload)).toMatchObject({ ok: false, unknown: false });
});
