import { setTimeout as sleep } from 'node:timers/promises';

import { fullJitter } from '@tidegate/backoff';
import type { Logger } from '@tidegate/process';
import type { ControlplaneSettings } from '@tidegate/sync-link';

import { connectUrl } from './discovery.ts';
import type { SocketLink } from './link-status.ts';
import { type Connection, holdSession, PATIENCE, type Patience } from './websocket-session.ts';

/** The WebSocket to the control plane (reference §1.3-1.6). At most one per gateway: a second one evicts the first. */
export interface Connector {
  state(): SocketLink;
  /** Where to connect, or null to stay away (not discovered, or another worker is the connector). */
  aim(gatewayPath: string | null): void;
  /** Resolves when the socket is closed, politely. */
  stop(): Promise<void>;
}

export interface ConnectorOptions {
  readonly settings: ControlplaneSettings;
  readonly ca: string | null;
  readonly logger: Logger;
  readonly onChange: (state: SocketLink) => void;
  /** A connection is there; null = not any more */
  readonly onConnection: (connection: Connection | null) => void;
  readonly onMessage: (text: string) => void;
  /** A connection ended without our wish */
  readonly onLost: () => void;
  readonly patience?: Patience;
}

/** APIM accepts the upgrade and then closes with this: the registration token is missing, wrong or expired. */
const UNAUTHORISED = 4401;

export function createConnector({
  settings,
  ca,
  logger,
  onChange,
  onConnection,
  onMessage,
  onLost,
  patience = PATIENCE,
}: ConnectorOptions): Connector {
  const hasToken = settings.token.reveal() !== '';
  let state: SocketLink = hasToken ? { phase: 'down', reason: 'connecting', why: 'Not connected yet' } : { phase: 'unused' };
  let aimed: string | null | undefined;
  let session: AbortController | null = null;
  let ended: Promise<void> = Promise.resolve();

  const enter = (next: SocketLink): void => {
    const isNews = JSON.stringify(next) !== JSON.stringify(state);
    state = next;
    if (isNews) onChange(next);
  };

  const run = async (gatewayPath: string, signal: AbortSignal): Promise<void> => {
    const url = connectUrl(settings.host, gatewayPath);
    // An ack may still arrive while the socket is being closed; then it means nothing any more.
    const onConnected = (connection: Connection): void => {
      if (signal.aborted) return;
      enter({ phase: 'connected' });
      onConnection(connection);
    };
    let attempt = 0;
    while (!signal.aborted) {
      const end = await holdSession(url, { settings, ca, logger, signal, onConnected, onMessage, patience });
      onConnection(null);
      if (signal.aborted) break;
      if (end.wasConnected) onLost();
      attempt = end.wasConnected ? 1 : attempt + 1;
      const isRefused = end.code === UNAUTHORISED;
      const why = isRefused ? `The registration token (controller.controlplane.token) is refused: ${end.why}` : end.why;
      logger[isRefused ? 'error' : 'warn'](
        { url, code: end.code, reason: why },
        end.wasConnected ? 'Connection lost' : 'Connection failed, will retry',
      );
      enter({ phase: 'down', reason: isRefused ? 'registration_token' : 'websocket_down', why });
      // A wrong token does not mend itself in a second; it still may, without a restart.
      const floorMs = isRefused ? Math.min(30_000, settings.reconnect_max) : 100;
      const waitMs = fullJitter({
        attempt,
        baseMs: settings.reconnect_initial,
        capMs: settings.reconnect_max,
        random: Math.random,
        floorMs,
      });
      await sleep(waitMs, undefined, { signal }).catch(() => undefined); // aborted: the loop ends
    }
  };

  const leave = (): void => {
    session?.abort();
    session = null;
  };

  return {
    state: () => state,
    aim(gatewayPath) {
      if (!hasToken || gatewayPath === aimed) return;
      aimed = gatewayPath;
      leave();
      if (gatewayPath === null) {
        enter({ phase: 'unused' });
        return;
      }
      const { signal } = (session = new AbortController());
      enter({ phase: 'down', reason: 'connecting', why: 'Connecting' });
      ended = ended
        .then(() => run(gatewayPath, signal))
        .catch((error: unknown) => logger.error({ err: error }, 'Control plane: the connector failed'));
    },
    async stop() {
      leave();
      await ended;
    },
  };
}
