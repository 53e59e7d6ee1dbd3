import { setTimeout as sleep } from 'node:timers/promises';

import { status as Status } from '@grpc/grpc-js';
import { fullJitter } from '@tidegate/backoff';
import {
  type ControllerMessage,
  Phase,
  type Rejected,
  type Renewed,
  type Settings,
  type SettingsReport,
} from '@tidegate/gateway-ir';
import type { Logger } from '@tidegate/process';

import { claimable, type ClientEvent, type ClientState, type Effect, initialState, step } from './client-state.ts';
import type { CommandRunner, Tell } from '../commands/run-commands.ts';
import type { RuntimeSettings } from '../settings/runtime-settings.ts';
import type { Held } from './held.ts';
import type { ControllerAddress } from './join.ts';
import { createHeartbeats, type Heartbeats, hello, type NodeFacts } from './node-session.ts';
import { type DiscoveryStream, openStream } from './stream.ts';

/** What a node needs to connect. */
export interface Identity {
  readonly gatewayId: string;
  readonly credential: string;
}

export interface DiscoveryOptions {
  readonly controller: ControllerAddress;
  readonly facts: NodeFacts;
  /** What the disk copy gave */
  readonly held: Held | null;
  readonly revoked: readonly string[];
  /** The node's credential, joining first if there is none; `refused` = the one at hand is not accepted. Rejects: tried again later */
  readonly identify: (refused: boolean) => Promise<Identity>;
  /** Keeps a renewed credential; resolves when it is durable. */
  readonly renew: (renewed: Renewed) => Promise<void>;
  /** Makes revocations durable, swaps, and schedules the disk copy (SPEC.md). */
  readonly apply: (effect: Extract<Effect, { do: 'apply' }>) => Promise<readonly Rejected[]>;
  readonly settings: Pick<RuntimeSettings, 'take' | 'report'>;
  readonly commands: CommandRunner;
  readonly logger: Logger;
}

export interface Discovery {
  readonly state: () => ClientState['is'];
  /** Tells the controller that the node drains, for `graceMs`, and why. */
  draining(graceMs: number, reason: string): void;
  /** Ends without a word, for a process that goes on as the same node. Resolves when nothing runs any more. */
  leave(): Promise<void>;
  /** Says STOPPED and ends. Resolves when nothing runs any more. */
  stop(cutRequests: number): Promise<void>;
}

/** Bounds of the pause between two attempts, ms: quick after one failure, gentle on a controller that is down for long. */
const RETRY_BASE_MS = 200;
const RETRY_CAP_MS = 5_000;
/** A credential that was refused does not get better by itself. */
const REFUSED_FLOOR_MS = 2_000;
/** From opening a stream to Welcome; a peer that accepts and says nothing counts as gone. */
const WELCOME_MS = 10_000;

/** Connects, follows, reconnects, for ever. Serving never depends on it. */
export function runDiscovery(options: DiscoveryOptions): Discovery {
  const { logger, facts } = options;
  const ended = new AbortController();
  let state = initialState(options.held, options.revoked);
  let session: { stream: DiscoveryStream; heartbeats: Heartbeats } | null = null;
  let welcomed = false;
  // Lives longer than a stream, so that a refusal leads to joining again.
  let refused = false;

  /** Delivers one event and carries out what it leads to, in order. */
  const deliver = async (event: ClientEvent): Promise<void> => {
    const { state: next, effects } = step(state, event);
    state = next;
    for (const effect of effects) await carryOut(effect);
  };

  const carryOut = async (effect: Effect): Promise<void> => {
    switch (effect.do) {
      case 'greet':
        return session?.stream.send(hello(facts, effect));
      case 'start-heartbeat':
        welcomed = true;
        logger.info({ gateway: effect.welcome.gatewayHandle, epoch: effect.welcome.epoch }, 'Connected to the controller');
        reportSettings(options.settings.report());
        return session?.heartbeats.start(effect.welcome.heartbeatMs);
      case 'send':
        if (effect.message.$case === 'nack') logger.warn(effect.message.value, 'A table was refused');
        return session?.stream.send(effect.message);
      case 'close':
        logger.warn(effect.problem, 'Closing the stream');
        // What was said last, perhaps a Nack, has to arrive first.
        await session?.stream.finish();
        return session?.stream.cancel();
      case 'apply':
        await deliver(await applied(effect));
        return session?.heartbeats.beat();
    }
  };

  /** To whichever stream there is by then: a command may take longer than one. */
  const tell: Tell = (message) => session?.stream.send(message);

  const reportSettings = (report: SettingsReport | null): void => {
    if (report !== null) tell({ $case: 'settingsReport', value: report });
  };

  const takeSettings = async (settings: Settings): Promise<void> => {
    try {
      reportSettings(await options.settings.take(settings));
    } catch (error) {
      logger.error({ err: error }, 'Settings of the gateway could not be kept; the ones before hold');
    }
  };

  const applied = async (effect: Extract<Effect, { do: 'apply' }>): Promise<ClientEvent> => {
    try {
      const rejected = await options.apply(effect);
      return { is: 'applied', rejected, applyUs: elapsedUs(listingStartedMs) };
    } catch (error) {
      logger.error({ err: error }, 'A table could not be made durable');
      return { is: 'apply-failed', problem: { code: 'not_durable', message: messageOf(error) } };
    }
  };

  let listingStartedMs = 0;
  const receive = async ({ message }: ControllerMessage): Promise<void> => {
    switch (message?.$case) {
      case 'welcome':
        return deliver({ is: 'welcome', welcome: message.value });
      case 'begin':
        listingStartedMs = performance.now();
        return deliver({ is: 'begin', begin: message.value });
      case 'entries':
        return deliver({ is: 'entries', entries: message.value.entries });
      case 'commit':
        return deliver({ is: 'commit', commit: message.value });
      case 'renewed':
        // The old one is still good; without this a full disk would also cost the stream.
        return options
          .renew(message.value)
          .catch((error: unknown) => logger.error({ err: error }, 'A renewed credential could not be kept'));
      case 'settings':
        return takeSettings(message.value);
      case 'bundlePart':
        return options.commands.part(message.value);
      case 'command':
        // Not waited for: a table that comes meanwhile goes first.
        return void options.commands.run(message.value, tell);
      case undefined:
        // A message of a newer controller that this router does not know: harmless by proto's rules.
        return undefined;
    }
  };

  const follow = async ({ gatewayId, credential }: Identity): Promise<void> => {
    // Stopped while it joined: nobody would end this stream.
    if (ended.signal.aborted) return;
    const stream = openStream(options.controller, credential);
    const claims = (): Held | null => claimable(state.memory, gatewayId);
    const heartbeats = createHeartbeats(facts, { claims, send: stream.send });
    session = { stream, heartbeats };
    const watchdog = setTimeout(() => {
      if (!welcomed) stream.cancel();
    }, WELCOME_MS);
    try {
      await deliver({ is: 'connected', gatewayId });
      for await (const message of stream.messages) await receive(message);
    } finally {
      clearTimeout(watchdog);
      heartbeats.stop();
      stream.cancel();
      session = null;
      await deliver({ is: 'disconnected' });
    }
  };

  const keepFollowing = async (): Promise<void> => {
    let attempt = 0;
    while (!ended.signal.aborted) {
      welcomed = false;
      const failure = await options
        .identify(refused)
        .then(follow)
        .then(
          () => null,
          (error: unknown) => error,
        );
      if (ended.signal.aborted) return;
      refused = isRefusal(failure);
      attempt = welcomed ? 1 : attempt + 1;
      const floorMs = refused ? REFUSED_FLOOR_MS : 0;
      const waitMs = fullJitter({ attempt, baseMs: RETRY_BASE_MS, capMs: RETRY_CAP_MS, random: Math.random, floorMs });
      logger[attempt > 3 ? 'debug' : 'warn'](
        { reason: messageOf(failure), waitMs },
        'Not connected to the controller; serving what is held',
      );
      await sleep(waitMs, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  };

  const running = keepFollowing();
  const lifecycle = (phase: Phase, more: { graceMs?: number; cutRequests?: number; reason?: string }): void => {
    session?.stream.send({ $case: 'lifecycle', value: { phase, reason: '', graceMs: 0, cutRequests: 0, ...more } });
  };

  return {
    state: () => state.is,
    draining(graceMs, reason) {
      lifecycle(Phase.DRAINING, { graceMs, reason });
      session?.heartbeats.beat();
    },
    async leave() {
      ended.abort();
      session?.stream.cancel();
      await running;
    },
    async stop(cutRequests) {
      ended.abort();
      lifecycle(Phase.STOPPED, { cutRequests });
      await session?.stream.finish();
      session?.stream.cancel();
      await running;
    },
  };
}

/** The controller does not accept the credential (or, while joining, the token). */
function isRefusal(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === Status.UNAUTHENTICATED;
}

function elapsedUs(sinceMs: number): number {
  return Math.round((performance.now() - sinceMs) * 1000);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'the stream ended';
}
