import { monitorEventLoopDelay } from 'node:perf_hooks';
import { hostname } from 'node:os';

import type { NodeIssue, NodeMessage, Phase } from '@tidegate/gateway-ir';

import type { RouterMetrics } from '../admin/metrics.ts';
import type { Held } from './held.ts';
import { createTrafficReport } from './traffic-report.ts';

/** What this process says of itself, beside what it holds. */
export interface NodeFacts {
  readonly nodeId: string;
  /** New for each process */
  readonly bootId: string;
  readonly runtimeVersion: string;
  readonly bootedAtMs: number;
  readonly previousBootClean: boolean;
  readonly startupProperties: Readonly<Record<string, string>>;
  readonly phase: () => Phase;
  readonly inFlight: () => number;
  readonly totals: RouterMetrics['totals'];
  /** What is wrong with this node as far as it knows itself */
  readonly issues: () => readonly NodeIssue[];
  /** Environments without requests under way are absent */
  readonly inFlightByEnvironment: () => Record<string, number>;
}

type Message = NonNullable<NodeMessage['message']>;

/** discovery.proto, Heartbeat.issues */
const ISSUES_MAX = 32;
const NO_HASH = Buffer.alloc(0);

export function hello(facts: NodeFacts, { claims, revoked }: { claims: Held | null; revoked: readonly string[] }): Message {
  return {
    $case: 'hello',
    value: {
      nodeId: facts.nodeId,
      bootId: facts.bootId,
      runtimeVersion: facts.runtimeVersion,
      bootedAtMs: facts.bootedAtMs,
      epoch: claims?.epoch ?? 0,
      version: claims?.version ?? 0,
      tableHash: claims?.tableHash ?? NO_HASH,
      compilerBuild: claims?.compilerBuild ?? '',
      previousBootClean: facts.previousBootClean,
      hostName: hostname(),
      workers: 1,
      startupProperties: { ...facts.startupProperties },
      revokedKeyIds: [...revoked],
      phase: facts.phase(),
    },
  };
}

export interface Heartbeats {
  /** Sends one now, and then every `everyMs` again. */
  start(everyMs: number): void;
  /** Sends one now, if started. */
  beat(): void;
  stop(): void;
}

/** Heartbeats of one stream; `claims` = what is served at the time of each. */
export function createHeartbeats(
  facts: NodeFacts,
  { claims, send }: { claims: () => Held | null; send: (message: Message) => void },
): Heartbeats {
  const loopDelay = monitorEventLoopDelay({ resolution: 20 });
  const traffic = createTrafficReport(facts.totals, () => performance.now());
  let timer: NodeJS.Timeout | null = null;
  let sequence = 0;

  const beat = (): void => {
    if (timer === null) return;
    const held = claims();
    const loopDelayMs = Math.round(loopDelay.max / 1e6) || 0;
    loopDelay.reset();
    sequence += 1;
    send({
      $case: 'heartbeat',
      value: {
        sequence,
        phase: facts.phase(),
        epoch: held?.epoch ?? 0,
        version: held?.version ?? 0,
        tableHash: held?.tableHash ?? NO_HASH,
        inFlight: facts.inFlight(),
        rssBytes: process.memoryUsage.rss(),
        loopDelayMs,
        traffic: traffic.next(),
        issues: facts.issues().slice(0, ISSUES_MAX),
        nowMs: Date.now(),
        inFlightByEnvironment: facts.inFlightByEnvironment(),
      },
    });
  };

  return {
    start(everyMs) {
      loopDelay.enable();
      timer ??= setInterval(beat, Math.max(everyMs, 100));
      beat();
    },
    beat,
    stop() {
      if (timer !== null) clearInterval(timer);
      timer = null;
      loopDelay.disable();
    },
  };
}
