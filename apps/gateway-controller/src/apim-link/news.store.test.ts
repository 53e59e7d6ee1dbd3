import { expect, test } from 'vitest';

import {
  failed,
  linkState,
  news,
  NOTHING,
  passTime,
  pool,
  report,
  synced,
  taken,
  UP,
  write,
} from '../testing/links-under-test.ts';

/** Trouble is told once, and its end too; in the transaction that stores it. */

const types = async (): Promise<readonly string[]> => (await news()).map(({ type }) => type);

test('an API that gives up is told once, however often it is tried again, and its recovery after it', async () => {
  const { apiId } = await write();
  for (let attempt = 0; attempt < 5; attempt++) {
    await report(await taken(apiId), failed('retryable', 'apim_unavailable'), { remote: NOTHING });
    expect(await types()).toEqual(attempt < 2 ? [] : ['sync.failed']);
    await passTime();
  }
  await report(await taken(apiId), synced);
  expect(await news()).toMatchObject([
    { type: 'sync.failed', data: { api: { id: apiId, generation: 1 }, phase: 'failed', reason: 'apim_unavailable' } },
    { type: 'sync.recovered', data: { api: { id: apiId }, failingSince: expect.any(String) as string } },
  ]);
  await write({ apiId, generation: 2 });
  await report(await taken(apiId), failed('terminal'), { remote: NOTHING });
  expect((await types()).slice(2)).toEqual(['sync.failed']);
});

test('an edit in between does not hide the recovery', async () => {
  const { apiId } = await write();
  await report(await taken(apiId), failed('terminal', 'import_refused'), { remote: NOTHING });
  await write({ apiId, generation: 2 });
  await report(await taken(apiId), failed('retryable'), { remote: NOTHING });
  await passTime();
  await report(await taken(apiId), synced);
  expect(await types()).toEqual(['sync.failed', 'sync.recovered']);
});

test('a report that is not believed tells nothing', async () => {
  const { apiId } = await write();
  const late = await taken(apiId);
  await passTime();
  await taken(apiId);
  await report(late, failed('terminal'), { remote: NOTHING });
  expect(await types()).toEqual([]);
});

test('a block is told once by whoever finds it, and its end by whoever finds that', async () => {
  const first = await write();
  const second = await write();
  const third = await write();
  const [one, two] = [await taken(first.apiId), await taken(second.apiId)];
  await report(one, failed('blocked', 'scope_missing'), { remote: NOTHING });
  await report(two, failed('blocked', 'scope_missing'), { remote: NOTHING });
  expect(await news()).toMatchObject([{ type: 'sync.blocked', data: { reason: 'scope_missing' } }]);
  await passTime();
  await report(await taken(first.apiId), synced);
  expect(await types()).toEqual(['sync.blocked', 'sync.unblocked']);
  await report(await taken(third.apiId), synced);
  await linkState('w1', { ...UP, connected: false, blocked: true, reason: 'credentials', message: 'no' });
  await linkState('w1', UP);
  expect((await types()).slice(2)).toEqual(['sync.blocked', 'sync.unblocked']);
});

test('a lost connection is told when it stays lost, and its return only then', async () => {
  const down = { ...UP, connected: false, reason: 'unreachable', message: 'refused' };
  await linkState('w1', UP);
  await linkState('w1', down);
  await linkState('w1', UP);
  expect(await types()).toEqual([]);
  await linkState('w1', down);
  await pool.query(`UPDATE apim_target SET down_since = now() - interval '31 seconds'`);
  await linkState('w1', down);
  await linkState('w1', down);
  await linkState('w1', UP);
  expect(await news()).toMatchObject([
    { type: 'sync.disconnected', data: { host: 'apim:9443', reason: 'unreachable' } },
    { type: 'sync.connected', data: { host: 'apim:9443', since: expect.any(String) as string } },
  ]);
});
