import { randomUUID } from 'node:crypto';

import { describe, expect, test } from 'vitest';

import {
  failed,
  passTime,
  report,
  retried,
  row,
  statusOf,
  synced,
  take,
  taken,
  UP,
  write,
  linkState,
} from '../testing/links-under-test.ts';

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
    expect(await retried(apiId, { adopt: true })).toBe(true);
    expect(await taken()).toMatchObject({ adopt: true });
    expect(await retried(randomUUID(), { adopt: false })).toBe(false);
  });
});

describe('trying again by hand', () => {
  test('while a push runs is not lost when that push is refused', async () => {
    const { apiId } = await write();
    const work = await taken(apiId);
    await retried(apiId, { adopt: true });
    expect(await report(work, failed('terminal', 'not_ours'), { tried: false })).toEqual({ accepted: true, more: true });
    expect(await taken(apiId)).toMatchObject({ adopt: true });
  });

  test('what is blocked makes it the probe, due at once', async () => {
    await linkState('w1', UP);
    const { apiId } = await write();
    const other = await write();
    for (const work of [await taken(apiId), await taken(other.apiId)]) await report(work, failed('blocked', 'scope_missing'));
    await retried(apiId, { adopt: false });
    expect((await taken()).apiId).toBe(apiId);
  });
});
