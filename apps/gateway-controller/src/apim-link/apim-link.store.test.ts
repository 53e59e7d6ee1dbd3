import { randomUUID } from 'node:crypto';

import { freshDatabase, type FreshDatabase } from '@tidegate/testkit';
import { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

import { MIGRATIONS } from '../database/migrations.ts';
import { firstBoot } from '../gateways/first-boot.ts';
import { claim, type ClaimedWork } from './claim.ts';
import { desire, type DesiredApi } from './desire.ts';
import { storeLinkState, type TargetState } from './link-state.ts';
import { readStatus } from './read-status.ts';
import { renew } from './renew.ts';
import { type Report, storeReport } from './report.ts';
import { retryNow } from './retry-now.ts';
import type { Outcome } from './transition.ts';

let database: FreshDatabase;
let pool: Pool;
let dataSource: DataSource;
let accountId: string;

async function migrate(url: string): Promise<void> {
  const source = await new DataSource({
    type: 'postgres',
    url,
    migrations: [...MIGRATIONS],
    installExtensions: false,
  }).initialize();
  await source.runMigrations();
  await source.destroy();
}

beforeAll(async () => {
  database = await freshDatabase(migrate);
  pool = new Pool({ connectionString: database.url });
  dataSource = await new DataSource({ type: 'postgres', url: database.url, installExtensions: false }).initialize();
  ({ accountId } = await firstBoot(pool, 'default'));
});

afterAll(async () => {
  await dataSource.destroy();
  await pool.end();
  await database.drop();
});

beforeEach(() => pool.query(`TRUNCATE apim_link, apim_target, apim_released, outbox, api CASCADE`));

const retry = { attemptsMax: 3, initialMs: 2000, maxMs: 300_000, reconcileMs: 900_000, random: () => 0.5 };

/** What a write through the management API leaves behind. */
async function write(change: Partial<DesiredApi> = {}): Promise<DesiredApi> {
  const apiId = change.apiId ?? randomUUID();
  const api = {
    apiId,
    accountId,
    handle: `handle-${apiId}`,
    displayName: `Name ${apiId}`,
    apiVersion: 'v1.0',
    desiredState: 'deployed',
    generation: 1,
    ...change,
  } as const;
  await dataSource.transaction(async (tx) => {
    await tx.query(
      `INSERT INTO api (id, account_id, handle, display_name, version, document, desired_state, origin, generation, created_by, created_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, 'deployed', 'gateway_api', $7, 'admin', now(), now())
       ON CONFLICT (id) DO UPDATE SET document = excluded.document, generation = excluded.generation`,
      [
        apiId,
        accountId,
        api.handle,
        api.displayName,
        api.apiVersion,
        JSON.stringify({ generation: api.generation }),
        api.generation,
      ],
    );
    await desire(tx, api);
    if (api.desiredState === 'deleted') await tx.query(`DELETE FROM api WHERE id = $1`, [apiId]);
  });
  return api;
}

function take(apiId: string | null = null, workerId = 'w1', leaseMs = 60_000) {
  return claim(pool, { workerId, apiId, leaseMs });
}

async function taken(apiId: string | null = null, workerId = 'w1', leaseMs = 60_000): Promise<ClaimedWork> {
  const claimed = await take(apiId, workerId, leaseMs);
  if (claimed.kind !== 'work') throw new Error(`Expected work, got ${JSON.stringify(claimed)}`);
  return claimed.work;
}

const synced: Outcome = { kind: 'synced' };
const failed = (cls: 'retryable' | 'terminal' | 'blocked', code = 'c'): Outcome => ({
  kind: 'failed',
  class: cls,
  code,
  message: 'm',
  retryAfterMs: 0,
});

function report(work: ClaimedWork, outcome: Outcome, more: Partial<Report> = {}) {
  const remote =
    outcome.kind === 'synced' ? REMOTE : { id: '', revision: '', deployed: false, pushedGeneration: 0, pushedHash: '' };
  const { apiId, fencingToken, generation } = work;
  return storeReport(
    pool,
    { apiId, fencingToken, generation, tried: true, dirty: false, outcome, remote, losses: [], ...more },
    retry,
  );
}

const REMOTE = { id: 'remote-1', revision: '1', deployed: true, pushedGeneration: 1, pushedHash: 'abc' };
const UP: TargetState = {
  configured: true,
  mode: 'onprem',
  connected: true,
  blocked: false,
  reason: null,
  message: null,
  host: 'apim:9443',
};

async function statusOf(apiId: string) {
  const statuses = await readStatus(pool, [apiId], { hostConfigured: true, syncEnabled: true });
  return statuses.get(apiId);
}

async function row(apiId: string): Promise<Record<string, unknown> | undefined> {
  const { rows } = await pool.query<Record<string, unknown>>(`SELECT * FROM apim_link WHERE api_id = $1`, [apiId]);
  return rows[0];
}

/** Makes what waits for time due. */
function passTime() {
  return pool.query(
    `UPDATE apim_link SET next_attempt_at = now(), lease_until = CASE WHEN lease_until IS NULL THEN NULL ELSE now() END`,
  );
}

describe('claim', () => {
  test('carries document, generation and what is known of APIM, and rings', async () => {
    const api = await write();
    const { rows } = await pool.query(`SELECT topic, payload FROM outbox`);
    expect(rows).toEqual([{ topic: 'tidegate:changes', payload: { apiId: api.apiId, generation: 1 } }]);
    const work = await taken(api.apiId);
    expect(work).toMatchObject({
      generation: 1,
      fencingToken: 1,
      attempts: 0,
      desiredState: 'deployed',
      remoteId: '',
      dirty: false,
    });
    expect(JSON.parse(work.documentJson)).toEqual({ generation: 1 });
  });

  test('many workers at once never hold one API twice', async () => {
    const apis = await Promise.all(Array.from({ length: 8 }, () => write()));
    const claims = await Promise.all(Array.from({ length: 16 }, (_, n) => take(null, `w${n}`)));
    const ids = claims.flatMap((claimed) => (claimed.kind === 'work' ? [claimed.work.apiId] : []));
    expect(new Set(ids).size).toBe(ids.length);
    // SKIP LOCKED may skip a row in the very moment it is taken; what is left is taken by the next look.
    for (let left = await take(); left.kind === 'work'; left = await take()) ids.push(left.work.apiId);
    expect(new Set(ids)).toEqual(new Set(apis.map(({ apiId }) => apiId)));
    expect(ids).toHaveLength(8);
    expect(await take(apis[0]?.apiId, 'late')).toMatchObject({ kind: 'held' });
  });

  test('says when something becomes due', async () => {
    expect(await take()).toEqual({ kind: 'nothing', dueInMs: 0 });
    await write();
    await report(await taken(), failed('retryable'));
    const claimed = await take();
    expect(claimed).toMatchObject({ kind: 'nothing' });
    expect(claimed.kind === 'nothing' && claimed.dueInMs > 0 && claimed.dueInMs <= 1000).toBe(true);
  });

  test('after a lease has run out the API is claimed again, dirty, with a higher token', async () => {
    const { apiId } = await write();
    const lost = await taken(apiId);
    await passTime();
    expect(await renew(pool, apiId, lost.fencingToken, 60_000)).toBe(false);
    const again = await taken(apiId, 'w2');
    expect(again).toMatchObject({ dirty: true, fencingToken: lost.fencingToken + 1 });
    expect(await renew(pool, apiId, again.fencingToken, 60_000)).toBe(true);
  });

  test('a tombstone carries no document', async () => {
    const { apiId } = await write();
    await report(await taken(), synced);
    await write({ apiId, desiredState: 'deleted', generation: 2 });
    expect(await taken()).toMatchObject({ desiredState: 'deleted', documentJson: '', remoteId: 'remote-1', dirty: false });
  });
});

describe('report', () => {
  test('success stores what APIM has', async () => {
    const { apiId } = await write();
    expect(await report(await taken(), synced, { losses: [{ path: 'spec.vhosts', message: 'dropped' }] })).toEqual({
      accepted: true,
      more: false,
    });
    expect(await statusOf(apiId)).toEqual({
      cpSyncStatus: 'success',
      cpSyncInfo: {
        phase: 'synced',
        reason: null,
        message: null,
        attempts: 1,
        nextAttemptAt: null,
        id: 'remote-1',
        revision: '1',
        generation: 1,
        losses: [{ path: 'spec.vhosts', message: 'dropped' }],
      },
    });
    expect(await take(apiId)).toEqual({ kind: 'nothing', dueInMs: 0 });
  });

  test('an edit during a push keeps it pending, and the next claim has the edit', async () => {
    const { apiId } = await write();
    const work = await taken(apiId);
    await write({ apiId, generation: 2 });
    expect(await take(apiId)).toMatchObject({ kind: 'held' });
    expect(await report(work, synced)).toEqual({ accepted: true, more: true });
    expect(await statusOf(apiId)).toMatchObject({ cpSyncStatus: 'pending', cpSyncInfo: { id: 'remote-1', generation: 1 } });
    const next = await taken(apiId);
    expect(next).toMatchObject({ generation: 2, dirty: false, remoteId: 'remote-1' });
    expect(JSON.parse(next.documentJson)).toEqual({ generation: 2 });
  });

  test('a hundred edits during a push coalesce into one more', async () => {
    const { apiId } = await write();
    const work = await taken(apiId);
    for (let generation = 2; generation <= 101; generation++) await write({ apiId, generation });
    await report(work, synced);
    expect(await report(await taken(apiId), synced)).toEqual({ accepted: true, more: false });
    expect(await row(apiId)).toMatchObject({ synced_generation: '101', phase: 'synced' });
  });

  test('a stale report is refused and makes a settled link dirty and due', async () => {
    const { apiId } = await write();
    const late = await taken(apiId);
    await passTime();
    await report(await taken(apiId, 'w2'), synced);
    expect(await report(late, synced)).toEqual({ accepted: false, more: true });
    expect((await statusOf(apiId))?.cpSyncStatus).toBe('pending');
    expect(await taken(apiId)).toMatchObject({ dirty: true });
  });

  test('a stale report while another worker is at it is not forgotten when that one reports', async () => {
    const { apiId } = await write();
    const late = await taken(apiId);
    await passTime();
    const holder = await taken(apiId, 'w2');
    await report(late, synced);
    expect(await report(holder, synced)).toEqual({ accepted: true, more: true });
    expect(await taken(apiId)).toMatchObject({ dirty: true });
  });

  test('a worker that is late but was not followed is believed, once', async () => {
    const { apiId } = await write();
    const late = await taken(apiId);
    await passTime();
    expect(await report(late, failed('retryable'))).toEqual({ accepted: true, more: false });
    expect(await report(late, failed('retryable'))).toEqual({ accepted: true, more: false });
    expect(await row(apiId)).toMatchObject({ attempts: 1, dirty: false });
  });

  test('three tries, then failed; a failure never forgets the remote id; an update starts anew', async () => {
    const { apiId } = await write();
    await report(await taken(), synced);
    await write({ apiId, generation: 2 });
    for (const expected of ['waiting', 'waiting', 'failed']) {
      await report(await taken(apiId), failed('retryable', 'apim_unavailable'));
      expect(await row(apiId)).toMatchObject({ phase: expected, remote_id: 'remote-1', remote_revision: '1' });
      if (expected === 'waiting') await passTime();
    }
    expect(await statusOf(apiId)).toMatchObject({
      cpSyncStatus: 'failed',
      cpSyncInfo: { reason: 'apim_unavailable', attempts: 3, id: 'remote-1' },
    });
    await write({ apiId, generation: 3 });
    expect(await row(apiId)).toMatchObject({ phase: 'waiting', attempts: 0, reason: null });
    expect(await taken(apiId)).toMatchObject({ attempts: 0, generation: 3 });
  });

  test('a failed API is tried again by the slow reconcile, a parked one only by a new generation or by hand', async () => {
    const { apiId } = await write();
    await report(await taken(), failed('terminal', 'import_refused'));
    await passTime();
    expect(await take()).toEqual({ kind: 'nothing', dueInMs: 0 });
    expect(await dataSource.transaction((tx) => retryNow(tx, apiId, true))).toBe(true);
    expect(await taken()).toMatchObject({ adopt: true });
    expect(await dataSource.transaction((tx) => retryNow(tx, randomUUID(), false))).toBe(false);
  });
});

describe('deletion', () => {
  test('of an API that was never pushed leaves nothing', async () => {
    const { apiId } = await write();
    await write({ apiId, desiredState: 'deleted', generation: 2 });
    expect(await row(apiId)).toBeUndefined();
  });

  test('of one that may have been pushed waits until APIM has let go', async () => {
    const { apiId } = await write();
    await taken(apiId);
    await write({ apiId, desiredState: 'deleted', generation: 2 });
    await passTime();
    await report(await taken(apiId), synced);
    expect(await row(apiId)).toBeUndefined();
  });

  test('and deployment again under the old name finds its own API in APIM', async () => {
    const first = await write({ displayName: 'PetStore API' });
    await report(await taken(), synced);
    await write({ ...first, desiredState: 'deleted', generation: 2 });
    await report(await taken(), synced);
    await write({ displayName: 'PetStore API' });
    expect(await taken()).toMatchObject({ remoteId: 'remote-1', dirty: true });
  });

  test('the same while the tombstone is still being worked on: the new one waits for its lease', async () => {
    const first = await write({ displayName: 'PetStore API' });
    await report(await taken(), synced);
    await write({ ...first, desiredState: 'deleted', generation: 2 });
    const undeploying = await taken();
    const second = await write({ displayName: 'PetStore API' });
    expect(await take(second.apiId)).toMatchObject({ kind: 'nothing' });
    expect(await report(undeploying, synced)).toEqual({ accepted: false, more: false });
    await passTime();
    expect(await taken(second.apiId)).toMatchObject({ remoteId: 'remote-1', dirty: true });
  });
});

describe('the target', () => {
  test('when it comes within reach, what waits or failed is due at once with attempts forgiven', async () => {
    const { apiId } = await write();
    await storeLinkState(pool, 'w1', UP);
    for (let n = 0; n < 3; n++) {
      await passTime();
      await report(await taken(), failed('retryable'));
    }
    expect(await row(apiId)).toMatchObject({ phase: 'failed' });
    expect(await storeLinkState(pool, 'w1', UP)).toEqual({ cameUp: false });
    await storeLinkState(pool, 'w1', { ...UP, connected: false, reason: 'unreachable', message: 'refused' });
    expect(await statusOf(apiId)).toMatchObject({ cpSyncStatus: 'failed' });
    expect(await storeLinkState(pool, 'w1', UP)).toEqual({ cameUp: true });
    expect(await taken()).toMatchObject({ attempts: 0 });
    // A connector that was restarted has perhaps been mended.
    expect(await storeLinkState(pool, 'w2', UP)).toEqual({ cameUp: true });
    expect(await storeLinkState(pool, 'w2', UP)).toEqual({ cameUp: false });
  });

  test('is paused as a whole when blocked; a blocked API probes it and starts it again', async () => {
    const one = await write();
    await storeLinkState(pool, 'w1', UP);
    await report(await taken(), failed('blocked', 'scope_missing'));
    const two = await write();
    expect(await take(two.apiId)).toMatchObject({ kind: 'nothing' });
    expect(await statusOf(two.apiId)).toMatchObject({
      cpSyncStatus: 'pending',
      cpSyncInfo: { phase: 'blocked', reason: 'scope_missing' },
    });
    await storeLinkState(pool, 'w1', UP);
    expect(await take(two.apiId)).toMatchObject({ kind: 'nothing' });

    await passTime();
    const probe = await taken();
    expect(probe).toMatchObject({ apiId: one.apiId, attempts: 0 });
    await report(probe, synced);
    expect((await taken()).apiId).toBe(two.apiId);
  });

  test('is unknown to an API until a connector has spoken, and again when it falls silent', async () => {
    const { apiId } = await write();
    expect(await statusOf(apiId)).toMatchObject({ cpSyncInfo: { reason: 'no_worker' } });
    await storeLinkState(pool, 'w1', { ...UP, mode: 'unknown', connected: false, reason: 'undiscovered', message: 'HTTP 404' });
    expect(await statusOf(apiId)).toMatchObject({ cpSyncInfo: { reason: 'undiscovered', message: 'HTTP 404' } });
    await pool.query(`UPDATE apim_target SET reported_at = now() - interval '1 minute'`);
    expect(await statusOf(apiId)).toMatchObject({ cpSyncInfo: { reason: 'no_worker' } });
  });
});
