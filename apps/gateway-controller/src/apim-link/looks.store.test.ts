import { expect, test } from 'vitest';

import {
  failed,
  linkState,
  NOTHING,
  passTime,
  pool,
  report,
  row,
  statusOf,
  synced,
  take,
  taken,
  write,
} from '../testing/links-under-test.ts';
import { lookInMs } from './looks.ts';

/** An exchange that timed out may land after what was sent later: somebody looks again, and again. */

/** Generation 1 is sent and never heard of; generation 2 is in APIM. */
async function inDoubt(): Promise<string> {
  const { apiId } = await write();
  await report(await taken(), failed('retryable', 'no_answer'), { dirty: true });
  await write({ apiId, generation: 2 });
  await report(await taken(apiId), synced);
  return apiId;
}

test('looks three times at what passes for synced, each time later, and says success all the while', async () => {
  const apiId = await inDoubt();
  for (const looksLeft of [2, 1, 0]) {
    expect(await row(apiId)).toMatchObject({ phase: 'synced', looks: looksLeft + 1 });
    expect(await take()).toMatchObject({ kind: 'nothing' });
    await passTime();
    const look = await taken();
    expect(look).toMatchObject({ apiId, generation: 2, dirty: true, looking: true });
    expect(await statusOf(apiId)).toMatchObject({ cpSyncStatus: 'success', cpSyncInfo: { phase: 'synced' } });
    await report(look, synced, { tried: false });
    expect(await row(apiId)).toMatchObject({ phase: 'synced', looks: looksLeft, looking: false });
  }
  await passTime();
  expect(await take()).toMatchObject({ kind: 'nothing' });
  expect([3, 2, 1, 0].map((looks) => lookInMs(looks, 30_000))).toEqual([30_000, 120_000, 480_000, null]);
});

test('a look that cannot be taken changes nothing and is owed again', async () => {
  const apiId = await inDoubt();
  await passTime();
  await report(await taken(), failed('retryable', 'apim_unavailable'), { tried: false, remote: NOTHING });
  expect(await statusOf(apiId)).toMatchObject({ cpSyncStatus: 'success', cpSyncInfo: { id: 'remote-1' } });
  expect(await row(apiId)).toMatchObject({ phase: 'synced', looks: 3 });
});

test('a look that had to push again starts anew with what it does not know', async () => {
  const apiId = await inDoubt();
  await passTime();
  await report(await taken(), failed('retryable', 'no_answer'), { dirty: true });
  expect(await row(apiId)).toMatchObject({ phase: 'waiting', reason: 'no_answer' });
  await passTime();
  await report(await taken(apiId), synced);
  expect(await row(apiId)).toMatchObject({ phase: 'synced', looks: 3 });
});

test('an edit during a look is pushed', async () => {
  const apiId = await inDoubt();
  await passTime();
  const look = await taken();
  await write({ apiId, generation: 3 });
  expect(await statusOf(apiId)).toMatchObject({ cpSyncStatus: 'pending' });
  expect(await report(look, synced, { tried: false })).toEqual({ accepted: true, more: true });
  expect(await taken(apiId)).toMatchObject({ generation: 3, looking: false });
});

test('a tombstone is let go only when nothing can land any more', async () => {
  const apiId = await inDoubt();
  await write({ apiId, generation: 3, desiredState: 'deleted' });
  await report(await taken(apiId), synced);
  for (const looksLeft of [3, 2, 1]) {
    expect(await row(apiId)).toMatchObject({ desired_state: 'deleted', looks: looksLeft });
    await passTime();
    await report(await taken(), synced, { tried: false });
  }
  expect(await row(apiId)).toBeUndefined();
});

test('no look is taken while the target is blocked, nor while the API is paused', async () => {
  const apiId = await inDoubt();
  await passTime();
  const down = { configured: true, mode: 'onprem', connected: false, reason: 'credentials', message: 'm', host: 'h' } as const;
  await linkState('w1', { ...down, blocked: true });
  expect(await take()).toMatchObject({ kind: 'nothing' });
  await pool.query(`UPDATE apim_target SET blocked = false`);
  await pool.query(`UPDATE apim_link SET paused_at = now()`);
  expect(await take()).toMatchObject({ kind: 'nothing' });
  await pool.query(`UPDATE apim_link SET paused_at = NULL`);
  expect((await taken()).apiId).toBe(apiId);
});
