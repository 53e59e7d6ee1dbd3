import { expect, test } from 'vitest';

import {
  failed,
  linkState,
  news,
  NOTHING,
  pool,
  report,
  retried,
  row,
  synced,
  take,
  taken,
  UP,
  write,
} from '../testing/links-under-test.ts';
import { claimCheck, type DueCheck } from './claim-check.ts';
import { type Checked, storeCheck } from './store-check.ts';

/** Comparisons of APIM's copy with what was pushed: they change nothing, and count only while nothing else was pushed. */

const rules = { driftIntervalMs: 900_000, onDrift: 'report', random: () => 0.5, wanting: () => ['config:test'] } as const;
const CHANGED = [{ path: 'context', base: '/a', ours: '/a', theirs: '/b' }];

async function pushed(): Promise<string> {
  await linkState('w1', UP);
  const { apiId } = await write();
  await report(await taken(apiId), synced);
  return apiId;
}

async function due(): Promise<DueCheck> {
  await pool.query(`UPDATE apim_link SET drift_check_at = now() WHERE drift_check_at IS NOT NULL`);
  const check = await claimCheck(pool);
  if (check === null) throw new Error('Expected a check');
  return check;
}

const found = (check: DueCheck, state: Checked['state'], more: Partial<Checked> = {}): Checked => {
  const { apiId, fencingToken, generation } = check;
  return { apiId, fencingToken, generation, state, message: null, differences: [], fingerprint: 'f', ...more };
};

test('what was pushed is in sync, is compared later, and by one worker at a time', async () => {
  const apiId = await pushed();
  expect(await row(apiId)).toMatchObject({ drift: 'in_sync', drift_fingerprint: null });
  expect(await claimCheck(pool)).toBeNull();
  const check = await due();
  expect(check).toMatchObject({ apiId, remoteId: 'remote-1', baseJson: '{"context": "/a"}', fingerprint: '' });
  expect(await claimCheck(pool)).toBeNull();
  expect(await storeCheck(pool, found(check, 'in_sync'), rules)).toBe(true);
  expect(await due()).toMatchObject({ fingerprint: 'f' });
});

test('drift is stored and told once; pushing ours ends it, and that is told too', async () => {
  const apiId = await pushed();
  for (let time = 0; time < 2; time++) await storeCheck(pool, found(await due(), 'out_of_sync', { differences: CHANGED }), rules);
  await storeCheck(pool, found(await due(), 'unknown', { message: 'HTTP 503' }), rules);
  expect(await row(apiId)).toMatchObject({ drift: 'out_of_sync', drift_diff: CHANGED, phase: 'synced' });
  expect(await news()).toMatchObject([{ type: 'sync.drifted', data: { api: { id: apiId }, paths: ['context'] } }]);
  expect(await take()).toMatchObject({ kind: 'nothing' });

  await retried(apiId, { adopt: false });
  const work = await taken(apiId);
  expect(work).toMatchObject({ force: true, dirty: true });
  await report(work, synced);
  expect(await row(apiId)).toMatchObject({ drift: 'in_sync', drift_diff: [], force: false });
  expect((await news()).map(({ type }) => type)).toEqual(['sync.drifted', 'sync.aligned']);
});

test('told to, it pushes ours without anybody asking', async () => {
  const apiId = await pushed();
  await storeCheck(pool, found(await due(), 'out_of_sync', { differences: CHANGED }), { ...rules, onDrift: 'push' });
  expect(await taken()).toMatchObject({ apiId, force: true });
});

test('a comparison that something was pushed or edited in between of says nothing', async () => {
  const apiId = await pushed();
  const check = await due();
  await write({ apiId, generation: 2 });
  expect(await storeCheck(pool, found(check, 'out_of_sync'), rules)).toBe(false);
  await report(await taken(apiId), synced);
  expect(await storeCheck(pool, found(check, 'out_of_sync'), rules)).toBe(false);
  expect(await row(apiId)).toMatchObject({ drift: 'in_sync' });
});

test('nothing is compared while it waits to be pushed or the target is blocked; what failed is compared with its base', async () => {
  const apiId = await pushed();
  await write({ apiId, generation: 2 });
  await pool.query(`UPDATE apim_link SET drift_check_at = now()`);
  expect(await claimCheck(pool)).toBeNull();
  await report(await taken(apiId), failed('terminal'), { remote: NOTHING });
  expect(await due()).toMatchObject({ generation: 2, baseJson: '{"context": "/a"}' });
  await linkState('w1', { ...UP, connected: false, blocked: true, reason: 'credentials', message: 'm' });
  await pool.query(`UPDATE apim_link SET drift_check_at = now()`);
  expect(await claimCheck(pool)).toBeNull();
});
