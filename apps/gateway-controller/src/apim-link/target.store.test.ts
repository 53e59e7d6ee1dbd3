import { describe, expect, test } from 'vitest';

import {
  failed,
  linkState,
  passTime,
  pool,
  report,
  row,
  statusOf,
  synced,
  take,
  taken,
  UP,
  write,
} from '../testing/links-under-test.ts';

describe('the target', () => {
  test('when it comes within reach, what waits or failed is due at once with attempts forgiven', async () => {
    const { apiId } = await write();
    await linkState('w1', UP);
    for (let n = 0; n < 3; n++) {
      await passTime();
      await report(await taken(), failed('retryable'));
    }
    expect(await row(apiId)).toMatchObject({ phase: 'failed' });
    expect(await linkState('w1', UP)).toEqual({ cameUp: false });
    await linkState('w1', { ...UP, connected: false, reason: 'unreachable', message: 'refused' });
    expect(await statusOf(apiId)).toMatchObject({ cpSyncStatus: 'failed' });
    expect(await linkState('w1', UP)).toEqual({ cameUp: true });
    expect(await taken()).toMatchObject({ attempts: 0 });
    // A connector that was restarted has perhaps been mended.
    expect(await linkState('w2', UP)).toEqual({ cameUp: true });
    expect(await linkState('w2', UP)).toEqual({ cameUp: false });
  });

  test('is paused as a whole when blocked; a blocked API probes it and starts it again', async () => {
    const one = await write();
    await linkState('w1', UP);
    await report(await taken(), failed('blocked', 'scope_missing'));
    const two = await write();
    expect(await take(two.apiId)).toMatchObject({ kind: 'nothing' });
    expect(await statusOf(two.apiId)).toMatchObject({
      cpSyncStatus: 'pending',
      cpSyncInfo: { phase: 'blocked', reason: 'scope_missing' },
    });
    await linkState('w1', UP);
    expect(await take(two.apiId)).toMatchObject({ kind: 'nothing' });

    await passTime();
    const probe = await taken();
    expect(probe).toMatchObject({ apiId: one.apiId, attempts: 0 });
    await report(probe, synced);
    expect((await taken()).apiId).toBe(two.apiId);
  });

  test('does not stay paused for want of a probe when the blocked API was edited or deleted', async () => {
    const one = await write();
    await report(await taken(), failed('blocked', 'scope_missing'));
    await write({ ...one, generation: 2 });
    const probe = await taken();
    expect(probe).toMatchObject({ apiId: one.apiId, generation: 2 });
    // one probe at a time
    const two = await write();
    expect(await take(two.apiId)).toMatchObject({ kind: 'nothing' });
    await report(probe, failed('blocked', 'scope_missing'));
    await write({ ...one, desiredState: 'deleted', generation: 3 });
    expect((await taken()).apiId).toBe(two.apiId);
  });

  test('is unknown to an API until a connector has spoken, and again when it falls silent', async () => {
    const { apiId } = await write();
    expect(await statusOf(apiId)).toMatchObject({ cpSyncInfo: { reason: 'no_worker' } });
    await linkState('w1', { ...UP, mode: 'unknown', connected: false, reason: 'undiscovered', message: 'HTTP 404' });
    expect(await statusOf(apiId)).toMatchObject({ cpSyncInfo: { reason: 'undiscovered', message: 'HTTP 404' } });
    await pool.query(`UPDATE apim_target SET reported_at = now() - interval '1 minute'`);
    expect(await statusOf(apiId)).toMatchObject({ cpSyncInfo: { reason: 'no_worker' } });
  });
});
