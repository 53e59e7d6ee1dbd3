import { contentHash, EntryKind, Subscription } from '@tidegate/gateway-ir';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { SampleNode } from '../discovery/sample-node.ts';
import { type ControllerUnderTest, controllerUnderTest, sampleApi } from '../testing/controller-under-test.ts';
import { joinedNode } from '../testing/joined-node.ts';

let under: ControllerUnderTest;
let node: SampleNode;
let database: Client;

beforeAll(async () => {
  under = await controllerUnderTest();
  database = new Client({ connectionString: under.databaseUrl });
  await database.connect();
  node = await joinedNode(under);
});

afterAll(async () => {
  node.close();
  await database.end();
  await under.close();
});

const WAIT = '?wait=programmed';
const api = (name: string, spec: Record<string, unknown> = {}) =>
  under.call('/rest-apis', { method: 'POST', body: sampleApi(name, spec) });
const plan = (body: object) => under.call('/subscription-plans', { method: 'POST', body });
const subscribe = (body: object) => under.call(`/subscriptions${WAIT}`, { method: 'POST', body });
const put = (path: string, body: object, headers = {}) => under.call(`${path}${WAIT}`, { method: 'PUT', body, headers });
const remove = (path: string, headers = {}) => under.call(`${path}${WAIT}`, { method: 'DELETE', headers });

/** What the router has of a subscription; `null` = it lets nobody in. */
function served(id: string): Subscription | null {
  const entry = node.table.get(`${EntryKind.SUBSCRIPTION}/${id}`);
  return entry === undefined ? null : Subscription.decode(entry.content);
}

it('keeps plans, with what they have', async () => {
  const gold = { planName: ' Gold ', throttleLimitCount: 1000, throttleLimitUnit: 'Hour', billingPlan: 'COMMERCIAL' };
  const made = await plan({ ...gold, expiryTime: '2999-12-31T23:59:59+01:00' });
  expect(made.status).toBe(201);
  expect(made.headers.get('etag')).toBe('"1"');
  expect(made.headers.get('location')).toBe(`/subscription-plans/${made.body.id}`);
  expect(made.body).toMatchObject({
    planName: 'Gold',
    stopOnQuotaReach: true,
    throttleLimitCount: 1000,
    throttleLimitUnit: 'Hour',
    expiryTime: '2999-12-31T22:59:59.000Z',
    gatewayId: 'default',
    status: 'ACTIVE',
    subscriptionCount: 0,
  });
  expect((await plan({ planName: 'Free' })).body).not.toHaveProperty('throttleLimitCount');
  expect((await plan({ planName: 'Gold' })).body).toMatchObject({
    code: 'duplicate_plan_name',
    message: expect.stringMatching(/^Subscription plan already exists/),
  });

  const path = `/subscription-plans/${made.body.id}`;
  expect((await put(path, { planName: 'Free' })).body.code).toBe('duplicate_plan_name');
  expect((await put(path, { status: 'INACTIVE' }, { 'if-match': '"2"' })).status).toBe(412);
  const changed = await put(path, { billingPlan: null, stopOnQuotaReach: false, status: 'INACTIVE' }, { 'if-match': '"1"' });
  expect(changed.body).toMatchObject({ planName: 'Gold', stopOnQuotaReach: false, status: 'INACTIVE', generation: 2 });
  expect(changed.body).not.toHaveProperty('billingPlan');
  expect((await put(path, { throttleLimitUnit: null })).body.message).toContain('must be provided together');
  expect((await put(path, { throttleLimitUnit: null, throttleLimitCount: null })).body).not.toHaveProperty('throttleLimitUnit');

  expect((await under.call('/subscription-plans?search=gOl')).body).toMatchObject({ count: 1, total: 1 });
  expect((await under.call('/subscription-plans?status=ACTIVE&limit=1')).body).toMatchObject({
    subscriptionPlans: [{ planName: 'Free' }],
  });
  expect((await remove(path)).status).toBe(204);
  expect((await under.call(path)).body.message).toBe('Subscription plan not found');
  expect((await remove(path)).status).toBe(404);
});

it('tells routers who is subscribed, under which plan, and that they no longer are', async () => {
  await api('Subscribed');
  const { body: business } = await plan({ planName: 'Business', throttleLimitCount: 3, throttleLimitUnit: 'Min' });
  const asked = { apiId: 'Subscribed', subscriptionToken: 'token-1', applicationId: 'app-1', subscriptionPlanId: business.id };
  const made = await subscribe({ ...asked, billingCustomerId: 'c-1' });
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({
    subscriptionToken: 'token-1',
    apiHandle: 'Subscribed',
    subscriptionPlanName: 'Business',
    status: 'ACTIVE',
    effective: 'ACTIVE',
    propagation: { state: 'programmed' },
  });
  const { id } = made.body;
  expect(served(id)).toMatchObject({
    apiId: made.body.apiId,
    applicationId: 'app-1',
    digest: { value: contentHash(Buffer.from('token-1')) },
    planName: 'Business',
    limitCount: 3,
    limitUnit: 'Min',
    limitWindowMs: 60_000,
    stopOnQuotaReach: true,
    billingCustomerId: 'c-1',
  });

  const path = `/subscriptions/${id}`;
  const again = await under.call(path);
  expect(again.body).not.toHaveProperty('subscriptionToken');
  expect(again.headers.get('etag')).toBe('"1"');
  expect((await put(path, { status: 'INACTIVE' }, { 'if-match': '"7"' })).status).toBe(412);
  expect((await put(path, { status: 'INACTIVE' }, { 'if-match': '"1"' })).body).toMatchObject({ generation: 2 });
  expect(served(id)).toBeNull();
  await put(path, { status: 'ACTIVE' });
  expect(served(id)).not.toBeNull();

  // What is said of the plan counts at once, for all who have it.
  const planPath = `/subscription-plans/${business.id}`;
  await put(planPath, { throttleLimitCount: 5, expiryTime: '2000-01-01T00:00:00Z' });
  expect(served(id)).toMatchObject({ limitCount: 5, expiresAtMs: Date.UTC(2000, 0) });
  expect((await under.call(path)).body.effective).toBe('PLAN_EXPIRED');
  await put(planPath, { status: 'INACTIVE', expiryTime: null });
  expect(served(id)).toBeNull();
  expect((await under.call(path)).body).toMatchObject({ status: 'ACTIVE', effective: 'PLAN_INACTIVE' });
  await put(planPath, { status: 'ACTIVE' });
  expect(served(id)).toMatchObject({ limitCount: 5, expiresAtMs: 0 });
  const refused = await remove(planPath);
  expect(refused).toMatchObject({ status: 409, body: { code: 'plan_in_use' } });
  expect(refused.body.message).toContain('Subscribed');

  expect((await remove(path)).status).toBe(204);
  expect(served(id)).toBeNull();
  expect((await remove(path)).status).toBe(404);
  expect((await remove(planPath)).status).toBe(204);
});

it('refuses what cannot be, and says why', async () => {
  await api('Picky', { subscriptionPlans: ['Business'] });
  const { body: idle } = await plan({ planName: 'Idle', status: 'INACTIVE' });
  const { body: silver } = await plan({ planName: 'Silver' });
  const { body: lower } = await plan({ planName: 'bUSINESS' });
  const asked = { apiId: 'Picky', subscriptionToken: 't' };
  for (const [body, status, message] of [
    [{ ...asked, apiId: 'none' }, 404, "RestAPI with identifier 'none' not found"],
    [{ ...asked, subscriptionPlanId: 'none' }, 400, 'Subscription plan not found or not enabled'],
    [{ ...asked, subscriptionPlanId: idle.id }, 400, 'Subscription plan is not active'],
    [{ ...asked, subscriptionPlanId: silver.id }, 400, 'Subscription plan "Silver" is not enabled for this API'],
    [{ subscriptionToken: 't' }, 400, 'apiId is required'],
    [{ apiId: 'Picky' }, 400, 'subscriptionToken is required'],
    [{ ...asked, subscriptionToken: ' ' }, 400, 'subscriptionToken is required'],
    [{ ...asked, subscriptionToken: 'a b' }, 400, 'visible ASCII'],
    [{ ...asked, status: 'PAUSED' }, 400, 'invalid status: PAUSED'],
    [{ ...asked, surprise: 1 }, 400, 'surprise'],
  ] as const) {
    const refused = await subscribe(body);
    expect([refused.status, refused.body.message]).toEqual([status, expect.stringContaining(message)]);
  }
  for (const [body, message] of [
    [{}, 'planName is required'],
    [{ planName: '  ' }, 'planName is required'],
    [{ planName: 'x', throttleLimitCount: 1 }, 'throttleLimitCount and throttleLimitUnit must be provided together'],
    [{ planName: 'x', throttleLimitCount: 0, throttleLimitUnit: 'Min' }, 'throttleLimitCount must be positive'],
    [
      { planName: 'x', throttleLimitCount: 1, throttleLimitUnit: 'Week' },
      'throttleLimitUnit must be one of: Day, Hour, Min, Month',
    ],
    [{ planName: 'x', status: 'on' }, 'invalid status: on'],
    [{ planName: 'x', expiryTime: 'soon' }, 'expiryTime must be a time'],
  ] as const) {
    const refused = await plan(body);
    expect([refused.status, refused.body.message]).toEqual([400, expect.stringContaining(message)]);
  }
  expect((await put(`/subscription-plans/${silver.id}`, { planName: '' })).body.message).toContain('planName cannot be empty');

  const made = await subscribe({ ...asked, subscriptionPlanId: lower.id.toUpperCase() });
  expect(made.status).toBe(201);
  expect((await put(`/subscriptions/${made.body.id}`, { status: 'on' })).body.message).toContain('invalid status: on');
  expect(await subscribe(asked)).toMatchObject({ status: 409, body: { code: 'duplicate_token' } });
  for (const { id } of [idle, silver]) expect((await remove(`/subscription-plans/${id}`)).status).toBe(204);
});

it('is an admin’s; a viewer reads', async () => {
  for (const path of ['/subscriptions', '/subscription-plans']) {
    expect((await under.call(path, { as: 'view:view' })).status).toBe(200);
    expect((await under.call(path, { as: 'dev:dev' })).status).toBe(403);
    expect((await under.call(path, { method: 'POST', body: {}, as: 'view:view' })).status).toBe(403);
  }
});

it('goes where its API goes, and ends with it', async () => {
  const made = (await api('Moving')).body;
  const first = await subscribe({ apiId: made.uuid, subscriptionToken: 'one', applicationId: 'app' });
  const second = await subscribe({ apiId: 'Moving', subscriptionToken: 'two', status: 'INACTIVE' });
  expect([served(first.body.id), served(second.body.id)]).toEqual([expect.anything(), null]);
  const listed = async (query: string) => (await under.call(`/subscriptions?${query}`)).body;
  expect(await listed('apiId=Moving')).toMatchObject({ total: 2, count: 2 });
  expect(await listed(`apiId=${made.uuid}&status=INACTIVE`)).toMatchObject({ subscriptions: [{ id: second.body.id }] });
  expect(await listed('applicationId=app&apiId=Moving&limit=1')).toMatchObject({ total: 1 });
  expect(await listed('status=odd')).toMatchObject({ total: 0, subscriptions: [] });

  const gone = await remove('/rest-apis/Moving/deployments/default');
  expect(gone.body).toMatchObject({ message: 'Deployment removed', propagation: { state: 'programmed' } });
  expect(served(first.body.id)).toBeNull();
  await under.call(`/rest-apis/Moving/deployments${WAIT}`, { method: 'POST', body: { environmentId: 'default' } });
  expect(served(first.body.id)).not.toBeNull();

  await remove('/rest-apis/Moving');
  expect(served(first.body.id)).toBeNull();
  expect(await listed('apiId=Moving')).toMatchObject({ total: 0 });
});

it('keeps tokens to itself, and tells what happened', async () => {
  await api('Told');
  const { body } = await subscribe({ apiId: 'Told', subscriptionToken: 'a-secret-token' });
  const { rows } = await database.query('SELECT * FROM subscription');
  expect(JSON.stringify(rows)).not.toContain('a-secret-token');
  expect(under.logs()).not.toContain('a-secret-token');
  await remove(`/subscriptions/${body.id}`);
  const events = await database.query('SELECT type, data FROM event WHERE subject_id = $1 ORDER BY id', [body.id]);
  expect(events.rows.map(({ type }) => type)).toEqual(['subscription.created', 'subscription.deleted']);
  const audit = await under.call('/audit-log');
  expect(JSON.stringify(audit.body)).toContain('deleteSubscription');
});

it('of two with one token one is first', async () => {
  await api('Raced');
  const answers = await Promise.all([1, 2, 3].map(() => subscribe({ apiId: 'Raced', subscriptionToken: 'same' })));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
});
