import { createHash, randomUUID } from 'node:crypto';

import { createLogger } from '@tidegate/process';
import { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { claim } from '../apim-link/claim.ts';
import { storeReport } from '../apim-link/report.ts';
import { type ControllerUnderTest, controllerUnderTest, sampleApi } from '../testing/controller-under-test.ts';
import { type Applied, ApplyEvent, type Fetched } from './apply-event.ts';
import { acksDue, acksSent, claimEvent, putEvent } from './inbox.ts';
import { reconcileDeployments } from './reconcile-listing.ts';

let under: ControllerUnderTest;
let pool: Pool;
let events: ApplyEvent;

beforeAll(async () => {
  under = await controllerUnderTest();
  pool = new Pool({ connectionString: under.databaseUrl });
  events = under.controller.app.get(ApplyEvent, { strict: false });
});

afterAll(async () => {
  await pool.end();
  await under.close();
});

const at = (second: number) => `2026-05-26T10:00:${String(second).padStart(2, '0')}.123456789Z`;
const artifact = (name: string, spec: Record<string, unknown> = {}): Fetched => ({
  kind: 'artifact',
  yaml: JSON.stringify(sampleApi(name, spec)),
  secrets: new Map(),
});
const NOTHING: Fetched = { kind: 'nothing' };

async function put(eventType: string, payload: Record<string, unknown>, performedAt: string): Promise<string> {
  const dedupeKey = createHash('sha256')
    .update(JSON.stringify([eventType, payload, performedAt]))
    .digest('hex');
  const subject = String(payload['apiId']);
  return putEvent(pool, { eventType, subject, payload, dedupeKey, correlationId: 'c', userId: 'alice', performedAt });
}

const deployed = (apiId: string, second: number, deploymentId = 'd1') =>
  put('api.deployed', { apiId, deploymentId, performedAt: at(second) }, at(second));
const undeployed = (apiId: string, second: number, deploymentId = 'd1') =>
  put('api.undeployed', { apiId, deploymentId, performedAt: at(second) }, at(second));

async function handle(fetched: Fetched): Promise<Applied> {
  const row = await claimEvent(pool, 'w1', 60_000);
  if (row === null) throw new Error('Nothing is due');
  return events.apply(row.id, row.fencingToken, fetched);
}

/** What was owed, and is so no more. */
async function acks(reconnected = false): Promise<readonly Record<string, unknown>[]> {
  const due = await acksDue(pool, reconnected);
  await acksSent(pool, due);
  return due.map(({ message }) => (JSON.parse(message) as { payload: Record<string, unknown> }).payload);
}

const read = (id: string) => under.call(`/rest-apis/${id}`);

test('a deploy becomes an API of the control plane, acknowledged with its own time, and again when it is delivered again', async () => {
  const id = randomUUID();
  expect(await deployed(id, 1)).toBe('stored');
  expect(await handle(artifact('TopDown'))).toMatchObject({ accepted: true, state: 'done' });
  expect((await read('TopDown')).body).toMatchObject({
    uuid: id,
    origin: 'control_plane',
    cpSyncStatus: null,
    desiredState: 'deployed',
  });
  const ack = {
    deploymentId: 'd1',
    artifactId: id,
    resourceType: 'api',
    action: 'deploy',
    status: 'success',
    performedAt: at(1),
  };
  expect(await acks()).toEqual([ack]);
  expect(await acks()).toEqual([]);
  expect(await deployed(id, 1)).toBe('duplicate');
  expect(await acks()).toEqual([ack]);
  expect(await acks(true)).toEqual([ack]); // may have been lost with its connection
  expect(await claimEvent(pool, 'w1', 60_000)).toBeNull();
});

test('it cannot be changed, pushed or deleted here', async () => {
  for (const [method, path] of [
    ['PUT', '/rest-apis/TopDown'],
    ['DELETE', '/rest-apis/TopDown'],
    ['POST', '/rest-apis/TopDown/sync/pause'],
  ] as const) {
    const body = method === 'PUT' ? { body: sampleApi('TopDown') } : {};
    expect((await under.call(path, { method, ...body })).body).toMatchObject({ code: 'owned_by_control_plane' });
  }
});

test('a newer deploy replaces it, an older one comes too late and is not acknowledged', async () => {
  const id = randomUUID();
  await deployed(id, 2);
  await handle(artifact('Replaced'));
  await deployed(id, 4, 'd2');
  await handle(artifact('Replaced', { context: '/replaced-again' }));
  await acks();
  await deployed(id, 3, 'd1');
  expect(await handle(artifact('Replaced'))).toMatchObject({ state: 'ignored' });
  expect((await read('Replaced')).body).toMatchObject({ context: '/replaced-again', generation: 2 });
  expect(await acks()).toEqual([]);
});

test('events of one API are handled in the order of their time, whatever the order in which they came', async () => {
  const id = randomUUID();
  await undeployed(id, 6);
  await deployed(id, 5);
  expect((await claimEvent(pool, 'w1', 60_000))?.eventType).toBe('api.deployed');
  expect(await claimEvent(pool, 'w2', 60_000)).toBeNull(); // the other one waits for it
  await pool.query(`UPDATE cp_inbox SET lease_until = now()`);
  await handle(artifact('Ordered'));
  await handle(NOTHING);
  expect((await read('Ordered')).body).toMatchObject({ desiredState: 'undeployed' });
  expect((await acks()).map(({ action, status }) => [action, status])).toEqual([
    ['undeploy', 'success'],
    ['deploy', 'success'],
  ]);
});

test('an undeploy of another deployment is refused by name; of one that nobody knows it is done', async () => {
  const id = randomUUID();
  await deployed(id, 1);
  await handle(artifact('Mismatch'));
  await undeployed(id, 2, 'other');
  await handle(NOTHING);
  await undeployed(randomUUID(), 2);
  await handle(NOTHING);
  const said = (await acks()).slice(1);
  expect(said).toMatchObject([{ status: 'failed', errorCode: 'DEPLOYMENT_ID_MISMATCH' }, { status: 'success' }]);
  expect((await read('Mismatch')).body).toMatchObject({ desiredState: 'deployed' });
});

test('what cannot be deployed is acknowledged as failed, with the reason, and leaves nothing', async () => {
  await under.call('/rest-apis', { method: 'POST', body: sampleApi('Holder') });
  await pool.query(`UPDATE apim_link SET phase = 'synced'`);
  const attempts: [Fetched, RegExp][] = [
    [artifact('Bad', { upstream: {} }), /validation failed/],
    [{ kind: 'artifact', yaml: '{', secrets: new Map() }, /failed to parse/],
    [artifact('Holder'), /'Holder'/],
    [artifact('Clash', { context: '/holder' }), /already a route of API 'Holder'/],
    [{ kind: 'failed', retryable: false, message: 'a bomb' }, /a bomb/],
  ];
  for (const [fetched, message] of attempts) {
    const id = randomUUID();
    await deployed(id, 1);
    expect(await handle(fetched)).toMatchObject({ state: 'failed', message: expect.stringMatching(message) as unknown });
    expect(await acks()).toMatchObject([{ status: 'failed', errorCode: 'GATEWAY_PROCESSING_ERROR', artifactId: id }]);
    expect((await read(id)).status).toBe(404);
  }
});

test('a fetch that fails is tried again, and acknowledged as failed only after the sixth time', async () => {
  await deployed(randomUUID(), 1);
  for (let attempt = 1; attempt <= 6; attempt++) {
    await pool.query(`UPDATE cp_inbox SET next_attempt_at = now()`);
    const { state } = await handle({ kind: 'failed', retryable: true, message: 'HTTP 502' });
    expect(state).toBe(attempt < 6 ? 'retry' : 'failed');
    expect(await acks()).toHaveLength(attempt < 6 ? 0 : 1);
  }
});

test('a worker whose claim somebody else took over changes nothing', async () => {
  const id = randomUUID();
  await deployed(id, 1);
  const late = await claimEvent(pool, 'w1', 60_000);
  await pool.query(`UPDATE cp_inbox SET lease_until = now()`);
  const holder = await claimEvent(pool, 'w2', 60_000);
  expect(await events.apply(late?.id ?? 0, late?.fencingToken ?? 0, artifact('Late'))).toMatchObject({ accepted: false });
  expect((await read('Late')).status).toBe(404);
  expect(await events.apply(holder?.id ?? 0, holder?.fencingToken ?? 0, artifact('Late'))).toMatchObject({ state: 'done' });
  expect(await acks()).toMatchObject([{ status: 'success' }]);
});

test('an API made here is never taken over: its echo is fine, an edit made there is refused', async () => {
  const { uuid } = (await under.call('/rest-apis', { method: 'POST', body: sampleApi('Ours') })).body as { uuid: string };
  const remoteId = randomUUID();
  await deployed(remoteId, 1);
  expect(await handle(artifact('Ours'))).toMatchObject({ state: 'retry' }); // it is just being pushed
  await pushed(uuid, remoteId);
  await pool.query(`UPDATE cp_inbox SET next_attempt_at = now()`);
  expect(await handle(artifact('Ours', { context: '/ours/v1.0' }))).toMatchObject({ state: 'done' });
  await deployed(remoteId, 2, 'd2');
  expect(await handle(artifact('Ours', { upstream: { main: { url: 'https://other.example.com' } } }))).toMatchObject({
    state: 'failed',
  });
  await undeployed(remoteId, 3, 'd2');
  expect(await handle(NOTHING)).toMatchObject({ state: 'failed' });
  await put('api.deleted', { apiId: remoteId }, at(4));
  expect(await handle(NOTHING)).toMatchObject({ state: 'ignored' });
  expect((await read('Ours')).body).toMatchObject({ uuid, origin: 'gateway_api', desiredState: 'deployed', generation: 1 });
  expect((await acks()).map(({ status }) => status)).toEqual(['success', 'failed', 'failed']);
});

async function pushed(apiId: string, id: string): Promise<void> {
  const claimed = await claim(pool, { workerId: 'w', apiId, leaseMs: 60_000 });
  if (claimed.kind !== 'work') throw new Error('Expected work');
  const { fencingToken, generation } = claimed.work;
  const remote = { id, revision: '1', deployed: true, pushedGeneration: 1, pushedHash: 'h', pushedContent: null };
  const report = { apiId, fencingToken, generation, tried: true, dirty: false, remote, losses: [], exchanges: [] };
  const rules = {
    attemptsMax: 3,
    initialMs: 1,
    maxMs: 1,
    reconcileMs: 1,
    lookBaseMs: 1,
    driftIntervalMs: 900_000,
    random: () => 0,
    wanting: () => [],
  };
  await storeReport(pool, { ...report, outcome: { kind: 'synced' } }, rules);
}

test('keys of the control plane come, change and go; those made here it cannot touch', async () => {
  const id = randomUUID();
  await deployed(id, 1);
  await handle(artifact('Keyed'));
  const local = { name: 'local-key' };
  await under.call('/rest-apis/Keyed/api-keys', { method: 'POST', body: local });
  const hashes = (value: string) => JSON.stringify({ sha256: createHash('sha256').update(value).digest('hex') });
  await put('apikey.created', { apiId: id, name: 'portal-key', apiKeyHashes: hashes('one'), maskedApiKey: '****one' }, at(2));
  expect(await handle(NOTHING)).toMatchObject({ state: 'done' });
  await put('apikey.updated', { apiId: id, keyName: 'portal-key', apiKeyHashes: hashes('two') }, at(3));
  expect(await handle(NOTHING)).toMatchObject({ state: 'done' });
  await put('apikey.revoked', { apiId: id, keyName: 'local-key' }, at(4));
  expect(await handle(NOTHING)).toMatchObject({
    state: 'failed',
    message: expect.stringContaining('made on this gateway') as unknown,
  });
  await put('apikey.created', { apiId: id, name: 'expired', apiKeyHashes: hashes('x'), expiresAt: at(1) }, at(5));
  expect(await handle(NOTHING)).toMatchObject({ state: 'failed' });
  const { rows } = await pool.query(`SELECT name, source, created_by FROM api_key WHERE api_id = $1 ORDER BY name`, [id]);
  expect(rows).toEqual([
    { name: 'local-key', source: 'local', created_by: 'admin' },
    { name: 'portal-key', source: 'control_plane', created_by: 'alice' },
  ]);
  await put('apikey.revoked', { apiId: id, keyName: 'portal-key' }, at(7));
  await handle(NOTHING);
  // delivered late: it was revoked after that
  await put('apikey.updated', { apiId: id, keyName: 'portal-key', apiKeyHashes: hashes('three') }, at(6));
  expect(await handle(NOTHING)).toMatchObject({ state: 'ignored' });
  expect(await acks()).toHaveLength(1);
});

test('a delete takes the API and its keys, and what comes late does not bring it back', async () => {
  const id = randomUUID();
  await deployed(id, 1);
  await handle(artifact('Gone'));
  await put('api.deleted', { apiId: id }, at(3));
  expect(await handle(NOTHING)).toMatchObject({ state: 'done' });
  expect((await read('Gone')).status).toBe(404);
  await deployed(id, 2, 'd2');
  expect(await handle(artifact('Gone'))).toMatchObject({ state: 'ignored' });
  expect((await read('Gone')).status).toBe(404);
});

test('what nobody understands is kept, named, and in nobody’s way', async () => {
  await put('llmprovider.deployed', { providerId: 'x' }, at(1));
  expect(await handle(NOTHING)).toMatchObject({ state: 'ignored' });
  await put('api.deployed', { apiId: 'x/../y', deploymentId: 'd', performedAt: at(1) }, at(1));
  expect(await handle(NOTHING)).toMatchObject({ state: 'failed', message: expect.stringContaining('apiId') as unknown });
  await put('api.deployed', { apiId: 'z', deploymentId: 'd', performedAt: 'yesterday' }, at(1));
  expect(await handle(NOTHING)).toMatchObject({ state: 'failed', message: expect.stringContaining('RFC 3339') as unknown });
});

test('plans, subscriptions and applications come in any order, change and go; a token is kept as its digest alone', async () => {
  const [api, planId, subscriptionId] = [randomUUID(), randomUUID(), randomUUID()];
  await deployed(api, 1);
  await handle(artifact('Subscribed'));
  const subscription = {
    apiId: api,
    subscriptionId,
    applicationId: 'app-1',
    subscriptionToken: 'the-token',
    subscriptionPlanId: planId,
  };
  await put('subscription.created', { ...subscription, status: 'ACTIVE' }, at(3));
  expect(await handle(NOTHING)).toMatchObject({ state: 'retry', message: expect.stringContaining(planId) as string });
  await put(
    'subscriptionPlan.created',
    { planId, planName: 'Cloud Gold', throttleLimitCount: 9, throttleLimitUnit: 'Min' },
    at(2),
  );
  expect(await handle(NOTHING)).toMatchObject({ state: 'done' });
  await pool.query(`UPDATE cp_inbox SET next_attempt_at = now()`);
  expect(await handle(NOTHING)).toMatchObject({ state: 'done' });
  const listed = async () =>
    (await under.call('/subscriptions')).body.subscriptions as {
      id: string;
      status: string;
      subscriptionPlanId: string | null;
    }[];
  expect(await listed()).toMatchObject([{ id: subscriptionId, status: 'ACTIVE', subscriptionPlanId: planId }]);
  await put('subscription.updated', { apiId: api, subscriptionId, status: 'INACTIVE' }, at(6));
  await handle(NOTHING);
  // delivered late
  await put('subscription.updated', { apiId: api, subscriptionId, status: 'ACTIVE' }, at(5));
  expect(await handle(NOTHING)).toMatchObject({ state: 'ignored' });
  const [left] = await listed();
  expect([left?.status, left?.subscriptionPlanId ?? null]).toEqual(['INACTIVE', null]);
  await put(
    'application.updated',
    { applicationId: 'app-1', applicationUuid: randomUUID(), applicationName: 'App', applicationType: '', mappings: [] },
    at(7),
  );
  expect(await handle(NOTHING)).toMatchObject({ state: 'done' });
  await put('subscription.deleted', { apiId: api, subscriptionId }, at(8));
  await put('subscriptionPlan.deleted', { planId, planName: 'Cloud Gold' }, at(9));
  for (let event = 0; event < 2; event++) expect(await handle(NOTHING)).toMatchObject({ state: 'done' });
  expect(await listed()).toEqual([]);
  const { rows } = await pool.query(`SELECT 1 FROM subscription WHERE subscription::text LIKE '%the-token%'`);
  expect(rows).toEqual([]);
});

test('a listing said twice doubles nothing, is handled again when it failed, and thousands are stored at once', async () => {
  const api = randomUUID();
  const listed = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      artifactId: index === 0 ? api : randomUUID(),
      deploymentId: 'd',
      state: 'DEPLOYED',
      deployedAt: at(1),
    }));
  const silent = createLogger({ name: 't', level: 'error', format: 'json', destination: { write: () => undefined } });
  const to = { pool, db: under.controller.app.get(DataSource).manager, logger: silent };
  // The bound counts what others left as well.
  await pool.query(`DELETE FROM cp_inbox`);
  const once = listed(1);
  expect(await reconcileDeployments(to, once)).toMatchObject({ events: 1 });
  expect(await reconcileDeployments(to, once)).toMatchObject({ events: 0 });
  expect(await handle({ kind: 'failed', retryable: false, message: 'broken' })).toMatchObject({ state: 'failed' });
  expect(await reconcileDeployments(to, once)).toMatchObject({ events: 1 });
  expect(await handle(artifact('Listed'))).toMatchObject({ state: 'done' });
  // And what of the other tests' APIs is listed no longer
  expect((await reconcileDeployments(to, listed(9_000))).events).toBeGreaterThanOrEqual(8_999);
  await expect(reconcileDeployments(to, listed(9_000))).rejects.toMatchObject({
    message: expect.stringContaining('inbox is full') as string,
  });
  await pool.query(`DELETE FROM cp_inbox`);
});
