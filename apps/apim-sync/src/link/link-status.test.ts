import { Mode } from '@tidegate/sync-link';
import { expect, test } from 'vitest';
import { type HttpLink, linkStateRequest, mayPush, type SocketLink } from './link-status.ts';

const up: HttpLink = { phase: 'up', gatewayPath: '/internal/data/v1' };
const unused: SocketLink = { phase: 'unused' };
const down: SocketLink = { phase: 'down', reason: 'registration_token', why: '4401' };

test.each<[HttpLink, SocketLink, object, boolean]>([
  [{ phase: 'not-configured' }, unused, { configured: false, connected: false, mode: Mode.UNKNOWN, reason: '' }, false],
  [{ phase: 'cloud', why: 'w' }, unused, { mode: Mode.CLOUD, connected: false, reason: 'cloud_not_supported' }, false],
  [
    { phase: 'cloud', why: 'w' },
    { phase: 'connected' },
    { mode: Mode.CLOUD, connected: true, reason: 'cloud_not_supported' },
    false,
  ],
  [{ phase: 'cloud', why: 'w' }, down, { mode: Mode.CLOUD, connected: false, reason: 'registration_token' }, false],
  [
    { phase: 'looking', reason: 'undiscovered', why: 'w', wasOnprem: false },
    unused,
    { mode: Mode.UNKNOWN, reason: 'undiscovered' },
    false,
  ],
  [
    { phase: 'looking', reason: 'unreachable', why: 'w', wasOnprem: true },
    unused,
    { mode: Mode.ONPREM, reason: 'unreachable' },
    false,
  ],
  [{ phase: 'blocked', why: 'w' }, unused, { mode: Mode.ONPREM, blocked: true, connected: false, reason: 'credentials' }, false],
  [up, unused, { mode: Mode.ONPREM, connected: true, blocked: false, reason: '' }, true],
  [up, { phase: 'connected' }, { connected: true, reason: '' }, true],
  // The WebSocket is not needed for pushing, and its absence is said.
  [up, down, { connected: false, reason: 'registration_token', message: '4401' }, true],
  [{ phase: 'looking', reason: 'unreachable', why: 'w', wasOnprem: true }, { phase: 'connected' }, { connected: false }, false],
])('%j with %j', (http, socket, expected, pushes) => {
  expect(linkStateRequest('w', 'apim:9443', http, socket)).toMatchObject({ workerId: 'w', host: 'apim:9443', ...expected });
  expect(mayPush(http)).toBe(pushes);
});
