import { describe, expect, test } from 'vitest';

import { failed, passTime, pool, report, synced, take, taken, write } from '../testing/links-under-test.ts';
import { renew } from './renew.ts';

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
