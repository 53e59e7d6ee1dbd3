import { setTimeout as sleep } from 'node:timers/promises';

import { fullJitter } from '@tidegate/backoff';
import type { Logger } from '@tidegate/process';
import type { ControlplaneSettings } from '@tidegate/sync-link';

import type { TokenSource } from '../apim/access-token.ts';
import type { Exchange } from '../apim/exchange.ts';
import type { Failure } from '../sync/classify.ts';
import { connectUrl, type Discovery, readDiscovery, WELL_KNOWN } from './discovery.ts';
import type { HttpLink } from './link-status.ts';

export interface LinkMonitor {
  state(): HttpLink;
  /** A push learnt something about APIM as a whole: it did not answer, or refused our credentials. */
  heard(failure: Failure | null): void;
}

export interface LinkMonitorOptions {
  readonly settings: ControlplaneSettings;
  readonly exchange: Exchange;
  readonly tokens: TokenSource;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onChange: (state: HttpLink) => void;
}

const DISCOVERY_TIMEOUT_MS = 5000;

/**
 * Finds out whether there is an on-prem control plane to push to, and finds out again whenever a push raises doubt:
 * look (well-known) → knock (a token) → up, until doubted; every failure waits with full jitter and starts over. Runs until the
 * signal; whatever APIM answers, the process goes on.
 */
export function startLinkMonitor(options: LinkMonitorOptions): LinkMonitor {
  const { settings, logger, signal, onChange } = options;
  let state: HttpLink =
    settings.host === ''
      ? { phase: 'not-configured' }
      : { phase: 'looking', reason: 'undiscovered', why: 'Not asked yet', wasOnprem: false };
  let doubt = Promise.withResolvers<void>();

  const enter = (next: HttpLink): void => {
    const isNews = JSON.stringify(next) !== JSON.stringify(state);
    state = next;
    if (isNews) onChange(next);
  };

  const run = async (): Promise<void> => {
    let attempt = 0;
    let wasOnprem = false;
    let announced = '';
    while (!signal.aborted) {
      doubt = Promise.withResolvers();
      const found = await discover(options);
      if (signal.aborted) return;
      if (found.kind === 'onprem') {
        wasOnprem = true;
        const url = connectUrl(settings.host, found.gatewayPath);
        if (url !== announced) logger.info({ url }, 'Resolved WebSocket connect URL');
        announced = url;
      }
      const next = await knock(found, wasOnprem, options);
      if (signal.aborted) return;
      logNews(logger, settings.host, state, next);
      enter(next);
      if (next.phase === 'up') {
        attempt = 0;
        await untilAborted(doubt.promise, signal);
        continue;
      }
      attempt += 1;
      const waitMs = fullJitter({
        attempt,
        baseMs: settings.reconnect_initial,
        capMs: settings.reconnect_max,
        random: Math.random,
        floorMs: 100,
      });
      logger.debug({ attempt, waitMs }, 'Control plane: will look again');
      await sleep(waitMs, undefined, { signal }).catch(() => undefined); // aborted: the loop ends
    }
  };

  if (settings.host === '') logger.info('Control plane host not configured: APIs stay pending');
  else {
    void run().catch((error: unknown) => logger.error({ err: error }, 'Control plane: the monitor failed'));
  }

  return {
    state: () => state,
    heard(failure) {
      if (failure === null || state.phase !== 'up') return;
      if (failure.unreachable || failure.code === 'credentials') doubt.resolve();
    },
  };
}

async function discover({ settings, exchange, signal }: LinkMonitorOptions): Promise<Discovery> {
  if (settings.mode === 'cloud') return readDiscovery({ kind: 'no-answer', sent: false, message: '' }, 'cloud');
  const result = await exchange(
    { method: 'GET', path: WELL_KNOWN, headers: { accept: 'application/json' } },
    { signal, timeoutMs: DISCOVERY_TIMEOUT_MS },
  );
  return readDiscovery(result, settings.mode);
}

/** A token proves more than a well-known page: that APIM works, and that it knows us. */
async function knock(found: Discovery, wasOnprem: boolean, { tokens }: LinkMonitorOptions): Promise<HttpLink> {
  if (found.kind === 'cloud') return { phase: 'cloud', why: found.why };
  if (found.kind === 'unknown') return { phase: 'looking', reason: found.reason, why: found.why, wasOnprem };
  const token = await tokens.get();
  if (token.ok) return { phase: 'up', gatewayPath: found.gatewayPath };
  if (token.failure.class === 'blocked') return { phase: 'blocked', why: token.failure.message };
  return { phase: 'looking', reason: 'unreachable', why: token.failure.message, wasOnprem };
}

/** Once per change at a level people read; while nothing changes, at debug. */
function logNews(logger: Logger, host: string, before: HttpLink, now: HttpLink): void {
  const isNews = before.phase !== now.phase || ('why' in before && 'why' in now && before.why !== now.why);
  const say = isNews ? logger.warn.bind(logger) : logger.debug.bind(logger);
  switch (now.phase) {
    case 'looking':
      say({ host, reason: now.why }, 'Failed to resolve gateway path');
      if (now.reason === 'undiscovered') say({ host, reason: now.why }, 'On-prem control plane mode not enabled');
      return;
    case 'cloud':
      say({ host, reason: now.why }, 'On-prem control plane mode not enabled');
      return;
    case 'blocked':
      say({ host, reason: now.why }, 'Control plane refuses our credentials: nothing is pushed until they are mended');
      return;
    case 'up':
    case 'not-configured':
      return;
  }
}

async function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const listening = new AbortController();
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { signal: listening.signal }));
  await Promise.race([promise, aborted]);
  listening.abort();
}
