import { describe, expect, test } from 'vitest';
import { type LinkConfig, type LinkFacts, syncStatus, type TargetFacts } from './sync-info.ts';

const link: LinkFacts = {
  phase: 'waiting',
  leased: false,
  looking: false,
  paused: false,
  reason: null,
  message: null,
  attempts: 0,
  nextAttemptAt: new Date('2026-05-26T10:15:30Z'),
  remoteId: null,
  remoteRevision: null,
  knownGeneration: 0,
  losses: [],
};
const target: TargetFacts = {
  configured: true,
  mode: 'onprem',
  connected: true,
  blocked: false,
  reason: null,
  message: null,
  silent: false,
};
const config: LinkConfig = { hostConfigured: true, syncEnabled: true };
const why = { reason: 'apim_unavailable', message: '503' };

describe('a pending API says what stands between it and APIM', () => {
  test.each<[string, Partial<LinkFacts>, Partial<TargetFacts> | null, Partial<LinkConfig>]>([
    ['not_configured', {}, target, { hostConfigured: false }],
    ['sync_disabled', {}, target, { syncEnabled: false }],
    ['no_worker', {}, null, {}],
    ['no_worker', {}, { silent: true }, {}],
    ['no_worker', {}, { connected: false, reason: 'stopped' }, {}],
    ['not_configured', {}, { configured: false }, {}],
    ['cloud_not_supported', {}, { mode: 'cloud' }, {}],
    ['undiscovered', {}, { mode: 'unknown', reason: 'undiscovered' }, {}],
    ['unreachable', {}, { connected: false, reason: 'unreachable' }, {}],
    ['unreachable', why, { connected: false, reason: 'unreachable' }, {}],
    ['queued', {}, {}, {}],
    ['paused', { paused: true }, { blocked: true }, {}],
    ['queued', {}, { connected: false, reason: 'registration_token' }, {}],
    ['apim_unavailable', why, {}, {}],
    ['worker_lost', { phase: 'syncing' }, {}, {}],
  ])('%s', (reason, facts, told, set) => {
    const status = syncStatus({ ...link, ...facts }, told === null ? null : { ...target, ...told }, { ...config, ...set });
    expect(status).toMatchObject({ cpSyncStatus: 'pending', cpSyncInfo: { phase: 'waiting', reason } });
    expect(status.cpSyncInfo.message).not.toBeNull();
  });

  test('blocked is a phase of pending, with the reason of the target', () => {
    const blocked = { ...target, blocked: true, reason: 'credentials', message: 'invalid_client' };
    expect(syncStatus(link, blocked, config)).toMatchObject({
      cpSyncStatus: 'pending',
      cpSyncInfo: { phase: 'blocked', reason: 'credentials', message: 'invalid_client', nextAttemptAt: null },
    });
  });

  test('so is syncing', () => {
    expect(syncStatus({ ...link, phase: 'syncing', leased: true }, target, config)).toMatchObject({
      cpSyncStatus: 'pending',
      cpSyncInfo: { phase: 'syncing', reason: null },
    });
  });
});

describe('what is final for this generation does not depend on the target', () => {
  test.each([null, target, { ...target, blocked: true }, { ...target, silent: true }])('%j', (told) => {
    const pushed = { ...link, remoteId: 'a', remoteRevision: '4', knownGeneration: 9 };
    expect(syncStatus({ ...pushed, phase: 'synced' }, told, config)).toEqual({
      cpSyncStatus: 'success',
      cpSyncInfo: {
        phase: 'synced',
        reason: null,
        message: null,
        attempts: 0,
        nextAttemptAt: null,
        id: 'a',
        revision: '4',
        generation: 9,
        losses: [],
      },
    });
    expect(syncStatus({ ...pushed, ...why, phase: 'failed', attempts: 3 }, told, config)).toEqual({
      cpSyncStatus: 'failed',
      cpSyncInfo: {
        ...why,
        phase: 'failed',
        attempts: 3,
        nextAttemptAt: '2026-05-26T10:15:30.000Z',
        id: 'a',
        revision: '4',
        generation: 9,
        losses: [],
      },
    });
    expect(syncStatus({ ...link, ...why, phase: 'parked' }, told, config)).toMatchObject({
      cpSyncStatus: 'failed',
      cpSyncInfo: { ...why, phase: 'parked', nextAttemptAt: null, id: null, generation: null },
    });
  });
});
