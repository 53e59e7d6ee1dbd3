import { ApiKey, contentHash, EntryKind, Subscription } from '@tidegate/gateway-ir';
import { waitFor } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { SampleNode } from '../discovery/sample-node.ts';
import { type ControllerUnderTest, controllerUnderTest, sampleApi } from '../testing/controller-under-test.ts';
import { joinedNode } from '../testing/joined-node.ts';
import { RemoteSubscriptions, type RemoteSubscription } from './remote-subscriptions.ts';

let under: ControllerUnderTest;
let node: SampleNode;
let remote: RemoteSubscriptions;
let apiId: string;
const said: string[] = [];
const settle = async (_tx: unknown, message: string) => void said.push(message);

beforeAll(async () => {
  under = await controllerUnderTest();
  node = await joinedNode(under);
  remote = under.controller.app.get(RemoteSubscriptions, { strict: false });
  apiId = (await under.call('/rest-apis?wait=programmed', { method: 'POST', body: sampleApi('Remote') })).body.uuid;
});

afterAll(async () => {
  node.close();
  await under.close();
});

const ID = '018f6b1e-1c00-7000-8000-00000000000';
const one = (more: Partial<RemoteSubscription> = {}): RemoteSubscription => ({
  id: `${ID}1`,
  apiId,
  applicationId: 'app-1',
  planId: null,
  billingCustomerId: null,
  billingSubscriptionId: null,
  status: 'ACTIVE',
  digest: contentHash(Buffer.from('token')),
  ...more,
});
const plan = {
  id: `${ID}9`,
  name: 'Remote Gold',
  billingPlan: null,
  stopOnQuotaReach: true,
  throttleLimitCount: 5,
  throttleLimitUnit: 'Day' as const,
  expiresAt: null,
  status: 'ACTIVE' as const,
};

async function until(expected: Partial<Subscription> | null) {
  const key = `${EntryKind.SUBSCRIPTION}/${ID}1`;
  const served = () => {
    const entry = node.table.get(key);
    return entry === undefined ? null : Subscription.decode(entry.content);
  };
  await waitFor(() => (served() === null) === (expected === null), { what: 'the subscription, or its end' });
  if (expected === null) return;
  const matches = () => Object.entries(expected).every(([name, value]) => served()?.[name as keyof Subscription] === value);
  await waitFor(matches, { what: JSON.stringify(expected) });
}

it('keeps what the control plane tells, as often as it tells it', async () => {
  await expect(remote.put(one({ planId: plan.id }), settle)).rejects.toMatchObject({ status: 404 });
  await remote.putPlan(plan, settle);
  await remote.putPlan(plan, settle);
  await remote.put(one({ planId: plan.id }), settle);
  await remote.put(one({ planId: plan.id }), settle);
  await until({ planName: 'Remote Gold', limitCount: 5, limitWindowMs: 86_400_000, applicationId: 'app-1' });
  await remote.update({ id: `${ID}1`, applicationId: null, planId: null, status: 'ACTIVE' }, settle);
  await until({ planName: '', applicationId: '' });
  await remote.update({ id: `${ID}1`, applicationId: 'app-2', planId: plan.id, status: 'INACTIVE' }, settle);
  await until(null);
  await remote.update({ id: `${ID}1`, applicationId: 'app-2', planId: plan.id, status: 'ACTIVE' }, settle);
  await until({ applicationId: 'app-2' });

  // A plan that goes while somebody has it lets nobody in.
  await remote.removePlan(plan.id, settle);
  expect(said.at(-1)).toContain('INACTIVE until its 1 subscriptions end');
  await until(null);
  for (let round = 0; round < 2; round++) await remote.remove(`${ID}1`, settle);
  expect(said.at(-1)).toContain('is not there');
  for (let round = 0; round < 2; round++) await remote.removePlan(plan.id, settle);
  expect((await under.call('/subscription-plans')).body.total).toBe(0);
  await expect(
    remote.update({ id: `${ID}1`, applicationId: null, planId: null, status: 'ACTIVE' }, settle),
  ).rejects.toMatchObject({
    status: 404,
  });
});

it('is master of its own, and of nothing else', async () => {
  const { body } = await under.call('/subscriptions', { method: 'POST', body: { apiId: 'Remote', subscriptionToken: 'ours' } });
  await expect(remote.remove(body.id, settle)).rejects.toMatchObject({ code: 'made_here' });
  await remote.put(one({ id: `${ID}2` }), settle);
  const refused = await under.call(`/subscriptions/${ID}2`, { method: 'DELETE' });
  expect(refused).toMatchObject({ status: 409, body: { code: 'owned_by_control_plane' } });
  await expect(remote.put(one({ id: 'odd' }), settle)).rejects.toMatchObject({ status: 400 });
});

it('gives keys to applications, and takes them away', async () => {
  const { body: key } = await under.call('/rest-apis/Remote/api-keys', { method: 'POST', body: {} });
  const application = () => {
    const entry = node.table.get(`${EntryKind.API_KEY}/${key.uuid}`);
    return entry === undefined ? null : ApiKey.decode(entry.content).applicationName;
  };
  const app = { id: 'app-1', uuid: 'u', name: 'App', type: 'Web' };
  await remote.putApplication({ ...app, keyUuids: [key.uuid, `${ID}7`, 'odd'] }, settle);
  await waitFor(() => application() === 'App', { what: 'the application on the key' });
  await remote.putApplication({ ...app, name: 'Renamed', keyUuids: [key.uuid] }, settle);
  await waitFor(() => application() === 'Renamed', { what: 'its new name' });
  await remote.putApplication({ ...app, keyUuids: [] }, settle);
  await waitFor(() => application() === '', { what: 'a key of no application' });
});
