import { describe, expect, test } from 'vitest';

import {
  failed,
  NOTHING,
  REMOTE,
  passTime,
  report,
  row,
  statusOf,
  synced,
  take,
  taken,
  write,
} from '../testing/links-under-test.ts';

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
    // what the first worker sent may land yet
    for (let look = 0; look < 3; look++) {
      expect(await row(apiId)).toMatchObject({ phase: 'synced' });
      await passTime();
      await report(await taken(), synced, { tried: false });
    }
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

  test.each(['while the tombstone is there', 'after it is gone'])(
    'of one whose id in APIM we never learnt leaves its mark known to the next of its name, %s',
    async (when) => {
      const formerIds: string[] = [];
      for (let round = 0; round < 2; round++) {
        const api = await write({ displayName: 'PetStore API' });
        // an import is sent and its answer never comes; the second one is refused, so that only the first may be there
        await report(await taken(api.apiId), failed('retryable', 'no_answer'), { dirty: round === 0 });
        await write({ ...api, desiredState: 'deleted', generation: 2 });
        if (when === 'after it is gone') await report(await taken(api.apiId), synced, { remote: NOTHING });
        formerIds.push(api.apiId);
      }
      const next = await write({ displayName: 'PetStore API' });
      const work = await taken(next.apiId);
      expect(work).toMatchObject({ remoteId: '', dirty: true, formerIds });
      await report(work, synced);
      await write({ ...next, generation: 2 });
      expect(await taken(next.apiId)).toMatchObject({ formerIds: [] });
    },
  );

  test('lets an API that is renamed to the old name have what is left of it, and keep what it has itself', async () => {
    const gone = await write({ displayName: 'PetStore API' });
    await report(await taken(), synced, { remote: { ...REMOTE, id: 'remote-of-gone' } });
    const renamed = await write();
    await report(await taken(), synced);
    await write({ ...gone, desiredState: 'deleted', generation: 2 });
    await write({ ...renamed, displayName: 'PetStore API', generation: 2 });
    expect(await take(gone.apiId)).toMatchObject({ kind: 'nothing' });
    expect(await taken()).toMatchObject({ apiId: renamed.apiId, remoteId: 'remote-1', formerIds: [gone.apiId], dirty: true });
  });

  test('the same while it is being pushed under its own name', async () => {
    const gone = await write({ displayName: 'PetStore API' });
    await report(await taken(), synced, { remote: { ...REMOTE, id: 'remote-of-gone' } });
    const renamed = await write();
    const pushing = await taken(renamed.apiId);
    await write({ ...gone, desiredState: 'deleted', generation: 2 });
    await write({ ...renamed, displayName: 'PetStore API', generation: 2 });
    await report(pushing, synced);
    expect(await taken()).toMatchObject({ apiId: renamed.apiId, formerIds: [gone.apiId] });
  });

  test('a late word of the old one makes the new one look again', async () => {
    const first = await write({ displayName: 'PetStore API' });
    await report(await taken(), synced);
    await write({ ...first, desiredState: 'deleted', generation: 2 });
    const late = await taken();
    await passTime();
    await report(await taken(), synced);
    const second = await write({ displayName: 'PetStore API' });
    await report(await taken(), synced);
    expect(await report(late, synced)).toEqual({ accepted: false, more: false });
    expect((await statusOf(second.apiId))?.cpSyncStatus).toBe('pending');
    expect(await taken(second.apiId)).toMatchObject({ dirty: true });
  });

  test('the same while the tombstone is still being worked on: the new one waits for its lease', async () => {
    const first = await write({ displayName: 'PetStore API' });
    await report(await taken(), synced);
    await write({ ...first, desiredState: 'deleted', generation: 2 });
    const undeploying = await taken();
    const second = await write({ displayName: 'PetStore API' });
    expect(await take(second.apiId)).toMatchObject({ kind: 'nothing' });
    // its word that it is done comes before its lease ends
    expect(await report(undeploying, synced)).toEqual({ accepted: false, more: false });
    expect(await taken(second.apiId)).toMatchObject({ remoteId: 'remote-1', dirty: true });
  });
});
