import { apiSync, syncLag, syncOverview, syncQueue, syncSteered } from '@tidegate/management-api';
import { Pool } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { claim } from '../apim-link/claim.ts';
import { storeReport } from '../apim-link/report.ts';
import type { Outcome } from '../apim-link/transition.ts';
import { type ControllerUnderTest, controllerUnderTest, sampleApi } from '../testing/controller-under-test.ts';

let under: ControllerUnderTest;
let pool: Pool;

beforeAll(async () => {
  under = await controllerUnderTest();
  pool = new Pool({ connectionString: under.databaseUrl });
});

afterAll(async () => {
  await pool.end();
  await under.close();
});

const rules = {
  attemptsMax: 3,
  initialMs: 60_000,
  maxMs: 60_000,
  reconcileMs: 900_000,
  lookBaseMs: 30_000,
  driftIntervalMs: 900_000,
  random: () => 0.5,
  wanting: () => [],
};
const REMOTE = {
  id: 'r-1',
  revision: '1',
  deployed: true,
  pushedGeneration: 1,
  pushedHash: 'abc',
  pushedContent: { context: '/a' },
};
const REFUSED: Outcome = { kind: 'failed', class: 'terminal', code: 'import_refused', message: 'no', retryAfterMs: 0 };
const EXCHANGE = {
  at: '2026-05-26T10:15:30.000Z',
  method: 'POST',
  path: '/import',
  requestBytes: 9,
  status: 400,
  tookMs: 5,
  answer: 'no',
};

async function deployed(name: string): Promise<string> {
  return (await under.call('/rest-apis', { method: 'POST', body: sampleApi(name) })).body.uuid;
}

async function worked(apiId: string, outcome: Outcome): Promise<void> {
  const claimed = await claim(pool, { workerId: 'w1', apiId, leaseMs: 60_000 });
  if (claimed.kind !== 'work') throw new Error(`Expected work, got ${claimed.kind}`);
  const { fencingToken, generation } = claimed.work;
  const told = { apiId, fencingToken, generation, tried: true, dirty: false, outcome, remote: REMOTE, losses: [] };
  await storeReport(pool, { ...told, exchanges: [EXCHANGE] }, rules);
}

test('the overview counts what waits, and says why', async () => {
  const before = syncOverview.parse((await under.call('/sync')).body);
  expect(before).toMatchObject({
    mode: 'unknown',
    connection: { state: 'not_configured', reason: 'not_configured', configured: false },
  });
  const done = await deployed('OverviewDone');
  const refused = await deployed('OverviewRefused');
  await deployed('OverviewWaits');
  await worked(done, { kind: 'synced' });
  await worked(refused, REFUSED);
  const { queue, lag, attempts } = syncOverview.parse((await under.call('/sync', { as: 'view:view' })).body);
  expect(queue).toMatchObject({
    pending: before.queue.pending + 1,
    due: before.queue.due + 1,
    synced: 1,
    parked: 1,
    deleting: 0,
  });
  expect(lag).toMatchObject({
    oldestPendingMs: expect.any(Number) as number,
    lastHour: { count: 1, p99Ms: expect.any(Number) as number },
  });
  expect(attempts).toEqual({ lastHour: 2, failedLastHour: 1 });
  const { points, stepSeconds } = syncLag.parse((await under.call('/sync/lag?minutes=60')).body);
  expect([points.length, stepSeconds]).toEqual([60, 60]);
  const seen = points.filter(({ synced, failed }) => synced + failed > 0);
  expect(seen.reduce((sum, { synced, failed }) => sum + synced + failed, 0)).toBe(2);
  expect(seen.find(({ synced }) => synced > 0)).toMatchObject({ synced: 1, medianMs: lag.lastHour.medianMs });
});

test('the queue lists what APIM has not, by page and by phase', async () => {
  const all = syncQueue.parse((await under.call('/sync/queue')).body);
  expect(all.items.map(({ handle }) => handle)).toEqual(expect.arrayContaining(['OverviewRefused', 'OverviewWaits']));
  expect(all.items.map(({ handle }) => handle)).not.toContain('OverviewDone');
  const page = syncQueue.parse((await under.call('/sync/queue?limit=1&offset=1')).body);
  expect(page).toMatchObject({ count: 1, total: all.total, items: [all.items[1]] });
  const parked = syncQueue.parse((await under.call('/sync/queue?phase=parked')).body);
  expect(parked.items).toMatchObject([
    { handle: 'OverviewRefused', cpSyncStatus: 'failed', cpSyncInfo: { reason: 'import_refused' } },
  ]);
  expect((await under.call('/sync/queue?phase=nonsense')).status).toBe(400);
});

test('one API tells every attempt with its exchanges, newest first, at most fifty', async () => {
  const apiId = await deployed('History');
  for (let attempt = 0; attempt < 52; attempt++) {
    await under.call('/rest-apis/History/sync', { method: 'POST' });
    await worked(apiId, attempt === 51 ? { kind: 'synced' } : REFUSED);
  }
  const { attempts, ...rest } = apiSync.parse((await under.call('/rest-apis/History/sync')).body);
  expect(rest).toMatchObject({
    apiId,
    syncedGeneration: 1,
    deployedInApim: true,
    cpSyncStatus: 'success',
    cpSyncInfo: { id: 'r-1' },
  });
  expect(attempts).toHaveLength(50);
  expect(attempts[0]).toMatchObject({ outcome: 'synced', worker: 'w1', tried: true, exchanges: [EXCHANGE] });
  expect(attempts[1]).toMatchObject({ outcome: 'terminal', reason: 'import_refused', message: 'no', lagMs: null });
});

test('paused, nothing is claimed, not even after an edit; resumed, it is due', async () => {
  const apiId = await deployed('Paused');
  const paused = await under.call('/rest-apis/Paused/sync/pause', { method: 'POST', as: 'dev:dev' });
  expect(syncSteered.parse(paused.body)).toMatchObject({ paused: true, cpSyncInfo: { phase: 'waiting', reason: 'paused' } });
  await under.call('/rest-apis/Paused', { method: 'PUT', body: sampleApi('Paused') });
  expect(await claim(pool, { workerId: 'w1', apiId, leaseMs: 60_000 })).toMatchObject({ kind: 'nothing' });
  expect((await under.call('/rest-apis/Paused/sync')).body).toMatchObject({ pausedBy: 'dev' });
  expect((await under.call('/sync/queue?phase=paused')).body.items).toMatchObject([{ handle: 'Paused' }]);
  const resumed = await under.call('/rest-apis/Paused/sync/resume', { method: 'POST' });
  expect(syncSteered.parse(resumed.body)).toMatchObject({ paused: false, generation: 2 });
  await worked(apiId, { kind: 'synced' });
});

test('skipped, it rests until the next edit; what APIM has, or what is being pushed, cannot be skipped', async () => {
  const apiId = await deployed('Skipped');
  const skipped = await under.call('/rest-apis/Skipped/sync/skip', { method: 'POST' });
  expect(syncSteered.parse(skipped.body)).toMatchObject({
    cpSyncStatus: 'failed',
    cpSyncInfo: { phase: 'parked', reason: 'skipped' },
  });
  expect(await claim(pool, { workerId: 'w1', apiId, leaseMs: 60_000 })).toMatchObject({ kind: 'nothing' });
  await under.call('/rest-apis/Skipped', { method: 'PUT', body: sampleApi('Skipped') });
  expect(await claim(pool, { workerId: 'w1', apiId, leaseMs: 60_000 })).toMatchObject({ kind: 'work' });
  expect((await under.call('/rest-apis/Skipped/sync/skip', { method: 'POST' })).body).toMatchObject({ code: 'push_running' });
  expect((await under.call('/rest-apis/OverviewDone/sync/skip', { method: 'POST' })).body).toMatchObject({
    code: 'nothing_to_skip',
  });
});

test('a deleted API is found by its uuid until APIM has let go of it', async () => {
  const apiId = await deployed('Deleted');
  await worked(apiId, { kind: 'synced' });
  await under.call('/rest-apis/Deleted', { method: 'DELETE' });
  expect((await under.call('/rest-apis/Deleted/sync')).status).toBe(404);
  expect((await under.call(`/rest-apis/${apiId}/sync`)).body).toMatchObject({ desiredState: 'deleted', cpSyncStatus: 'pending' });
  await worked(apiId, { kind: 'synced' });
  expect((await under.call(`/rest-apis/${apiId}/sync`)).status).toBe(404);
});

test('skipping a deleted API lets go of it, and a new one of its name still finds what APIM has', async () => {
  const apiId = await deployed('SkippedDeleted');
  await worked(apiId, { kind: 'synced' });
  await under.call('/rest-apis/SkippedDeleted', { method: 'DELETE' });
  const skipped = await under.call(`/rest-apis/${apiId}/sync/skip`, { method: 'POST' });
  expect(syncSteered.parse(skipped.body)).toMatchObject({
    apiId,
    desiredState: 'deleted',
    message: expect.stringContaining('APIM keeps'),
  });
  expect((await under.call(`/rest-apis/${apiId}/sync`)).status).toBe(404);
  expect((await under.call('/sync')).body).toMatchObject({ queue: { deleting: 0 } });
  const again = await deployed('SkippedDeleted');
  expect(await claim(pool, { workerId: 'w1', apiId: again, leaseMs: 60_000 })).toMatchObject({
    kind: 'work',
    work: { remoteId: 'r-1', formerIds: [apiId], dirty: true },
  });
});

test('the same in numbers on the metrics port, and the breaker says when nothing is sent', async () => {
  const { queue, breaker } = syncOverview.parse((await under.call('/sync')).body);
  expect(breaker).toEqual({ state: 'closed', reason: null, since: null });
  const lines = (await under.metrics()).split('\n');
  expect(lines).toContain(`gateway_controller_sync_apis{phase="synced"} ${queue.synced}`);
  expect(lines).toContain(`gateway_controller_sync_apis{phase="parked"} ${queue.parked}`);
  expect(lines).toContain('gateway_controller_sync_breaker_open 0');
  expect(lines).toContain('gateway_controller_sync_held_removals{listing="keys"} 0');
  expect(lines.some((line) => /^gateway_controller_sync_lag_seconds\{quantile="0.99"\} \d/.test(line))).toBe(true);
  expect(lines.some((line) => /^gateway_controller_sync_attempts_last_hour\{outcome="terminal"\} [1-9]/.test(line))).toBe(true);
});
