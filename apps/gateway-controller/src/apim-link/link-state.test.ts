import { describe, expect, test } from 'vitest';
import { becameUsable, blockAfter, type StoredTarget, type TargetState } from './link-state.ts';

const up: TargetState = {
  configured: true,
  mode: 'onprem',
  connected: true,
  blocked: false,
  reason: null,
  message: null,
  host: 'apim:9443',
};
const wasUp: StoredTarget = { connected: true, blocked: false, reason: null, message: null };

describe('becameUsable', () => {
  test.each<[string, Partial<StoredTarget>, Partial<TargetState>, boolean]>([
    ['still up', {}, {}, false],
    ['connected', { connected: false }, {}, true],
    ['answers again, WebSocket still down', { connected: false, reason: 'unreachable' }, { connected: false }, true],
    [
      'discovered, WebSocket refused',
      { connected: false, reason: 'undiscovered' },
      { connected: false, reason: 'registration_token' },
      true,
    ],
    ['credentials mended', { blocked: true, reason: 'credentials' }, {}, true],
    ['scope still missing', { blocked: true, reason: 'scope_missing' }, {}, false],
    ['gone', {}, { connected: false, reason: 'unreachable' }, false],
    ['still gone', { connected: false, reason: 'unreachable' }, { connected: false, reason: 'unreachable' }, false],
    ['connected, but blocked', { connected: false }, { blocked: true, reason: 'credentials' }, false],
    ['connected to a cloud', { connected: false }, { mode: 'cloud' }, false],
    ['host taken away', { connected: false, reason: 'unreachable' }, { configured: false }, false],
  ])('%s: %#', (_, before, now, expected) => {
    expect(becameUsable({ ...wasUp, ...before }, { ...up, ...now })).toBe(expected);
  });
});

describe('blockAfter', () => {
  const scope: StoredTarget = { connected: true, blocked: true, reason: 'scope_missing', message: 'apim:api_publish' };
  const credentials: StoredTarget = { ...scope, reason: 'credentials' };

  test('a missing scope stays a block while the connector sees nothing wrong', () => {
    expect(blockAfter(scope, up, false)).toEqual({ blocked: true, reason: 'scope_missing', message: 'apim:api_publish' });
  });
  test('a new connection gives it another chance', () => {
    expect(blockAfter(scope, up, true)).toEqual({ blocked: false, reason: null, message: null });
  });
  test('a given token lifts a block of credentials', () => {
    expect(blockAfter(credentials, up, false).blocked).toBe(false);
  });
  test("the connector's own block is taken over", () => {
    expect(blockAfter(wasUp, { ...up, blocked: true, reason: 'credentials', message: 'no' }, false)).toEqual({
      blocked: true,
      reason: 'credentials',
      message: 'no',
    });
  });
});
