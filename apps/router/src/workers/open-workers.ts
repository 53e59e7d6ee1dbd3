import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { availableParallelism } from 'node:os';

import { fullJitter } from '@tidegate/backoff';
import type { Logger } from '@tidegate/process';
import { Counter, Gauge, Registry } from 'prom-client';

import {
  certificateIssues,
  LISTENER,
  readCertificates,
  uploadedCertificates,
  type UsedCertificate,
} from '../admin/certificate-issues.ts';
import { environmentOf } from '../admin/in-flight.ts';
import { describeTable } from '../admin/metrics.ts';
import type { Config } from '../config.ts';
import type { Held } from '../discovery/held.ts';
import type { LiveTable } from '../policy-host/live-table.ts';
import type { Traffic } from '../traffic.ts';
import { newBoard } from './board.ts';
import type { WorkerMetric, WorkerRouter } from './messages.ts';
import { newSharedMemory } from './shared-cells.ts';
import type { TableDelta } from './table-delta.ts';
import { addedTotals, exposition, lasting, NO_TOTALS, together } from './worker-metrics.ts';
import { type Ports, type Serving, startThread, type WorkerThread } from './worker-thread.ts';

export interface WorkersOptions {
  readonly config: Config;
  readonly nodeId: string;
  readonly live: LiveTable;
  readonly revoked: () => readonly string[];
  /** The module that calls runWorker when it is not the main thread */
  readonly entry: URL;
  readonly logger: Logger;
  readonly accessSink: (lines: string) => void;
  readonly logSink: (line: string) => void;
}

/** How long a worker may do nothing at all before it counts as hung. */
const HUNG_MS = 30_000;
/** A worker that ends again and again is started again less and less often. */
const RESTART_BASE_MS = 200;
const RESTART_MAX_MS = 10_000;
/** After so long it counts as a first time again. */
const STEADY_MS = 60_000;

/** 0 = one for each processor this process may use */
export function workerCount({ router }: Config): number {
  return router.workers === 0 ? availableParallelism() : router.workers;
}

/**
 * The data path on several threads that share the ports: the kernel spreads connections over them, limits are counted together, one that
 * ends is replaced. They are one node: state on disk, discovery, admin and metrics stay with the caller, who tells of each table by
 * `spread`. Rejects when a port is taken or a setting is wrong: nothing is served then.
 */
export async function openWorkers({
  nodeId,
  config,
  live,
  revoked,
  entry,
  logger,
  accessSink,
  logSink,
}: WorkersOptions): Promise<Traffic> {
  const count = workerCount(config);
  const { router: own, log, tracing, policy_configurations: policies } = config;
  await refuseTaken(own.host, own.listener_port);
  if (own.https_enabled) await refuseTaken(own.host, own.https_port);

  const shared = { cells: newSharedMemory(), board: newBoard(count) };
  const threads = new Map<number, WorkerThread>();
  const totals = new Map<number, ReturnType<Traffic['metrics']['totals']>>();
  let gone = { totals: NO_TOTALS, metrics: [] as (readonly WorkerMetric[])[] };
  let ports: Ports = { port: own.listener_port, tlsPort: own.https_enabled ? own.https_port : null };
  let router = shareOf(own, count);
  let ending = false;
  let announced = false;

  const registry = new Registry();
  describeTable(registry, live);
  const restarts = new Counter({
    name: 'tidegate_router_worker_restarts_total',
    help: 'Workers that ended by themselves and were replaced',
    registers: [registry],
  });
  new Gauge({
    name: 'tidegate_router_workers',
    help: 'Workers that serve',
    registers: [registry],
    collect() {
      this.set([...threads.values()].filter(({ listening }) => listening).length);
    },
  });
  const serving = (): Serving => ({ held: live.held, revoked: revoked(), lastAccepted: live.lastAccepted });

  const start = (worker: number, attempt: number): WorkerThread => {
    const startedMs = performance.now();
    const thread = startThread(
      entry,
      { worker, router, log: { ...log, level: logger.level as typeof log.level }, policies, tracing, nodeId, ...shared },
      {
        onMessage(message) {
          if (message.is === 'access-lines') accessSink(message.lines);
          else if (message.is === 'log-line') logSink(message.line);
          else totals.set(worker, message.totals);
        },
        onEnd(error) {
          threads.delete(worker);
          gone = {
            totals: addedTotals([gone.totals, totals.get(worker) ?? NO_TOTALS]),
            metrics: [...gone.metrics, lasting(thread.scraped)],
          };
          totals.delete(worker);
          if (ending || ports.port === 0) return;
          restarts.inc();
          logger.error({ err: error, worker }, 'A worker has ended; another one takes its place');
          const tries = performance.now() - startedMs > STEADY_MS ? 0 : attempt + 1;
          setTimeout(
            () => replace(worker, tries),
            fullJitter({ attempt: tries, baseMs: RESTART_BASE_MS, capMs: RESTART_MAX_MS, random: Math.random }),
          ).unref();
        },
      },
    );
    threads.set(worker, thread);
    return thread;
  };
  const replace = (worker: number, attempt: number): void => {
    if (ending) return;
    const thread = start(worker, attempt);
    thread.open(serving(), ports).then(
      () => {
        if (announced) thread.tell({ do: 'announce-drain' });
        logger.info({ worker }, 'A worker has been replaced');
      },
      (error: unknown) => {
        logger.error({ err: error, worker }, 'A worker cannot serve');
        void thread.end();
      },
    );
  };

  try {
    // The first one finds the ports, the others join it.
    for (let worker = 1; worker <= count; worker++) ports = await start(worker, 0).open(serving(), ports);
  } catch (error) {
    ending = true;
    await Promise.all([...threads.values()].map((thread) => thread.end()));
    throw error;
  }
  const watch = setInterval(() => {
    for (const thread of threads.values()) thread.endIfHung();
  }, HUNG_MS).unref();

  let uploaded = uploadedCertificates(live.trusted.pems);
  live.trusted.onChange(() => void (uploaded = uploadedCertificates(live.trusted.pems)));
  const inFlight = (): number => [...threads.values()].reduce((sum, thread) => sum + thread.inFlight, 0);
  const scrape = async (): Promise<string> => {
    gone.metrics = [await together(gone.metrics)];
    const all = await Promise.all([...threads.values()].map((thread) => thread.scrape()));
    return exposition(registry, [...gone.metrics, ...all]);
  };
  return {
    port: ports.port,
    tlsPort: ports.tlsPort,
    get inFlight() {
      return inFlight();
    },
    metrics: { registry, totals: () => addedTotals([gone.totals, ...totals.values()]), scrape },
    tune(changed) {
      router = shareOf(changed, count);
      for (const thread of threads.values()) thread.tell({ do: 'tune', router, level: logger.level as typeof log.level });
    },
    async spread(held: Held) {
      const deltas = new Map<Held | null, TableDelta>();
      await Promise.all([...threads.values()].map((thread) => thread.apply(held, revoked(), deltas)));
    },
    servers() {
      throw new Error('workers have their ports for themselves');
    },
    stopAccepting: () => undefined, // they accept until they drain
    issues: () => certificateIssues([...ownCertificates(own), ...uploaded], Date.now()),
    tlsNames: () => (own.https_enabled ? (ownCertificates(own)[0]?.names ?? '') : null),
    // Nobody counts over threads by environment; while anything is under way, any of them may be.
    inFlightByEnvironment() {
      const count = inFlight();
      const environments = [...(live.table?.deployments.keys() ?? [])].map(environmentOf);
      return count === 0 ? {} : Object.fromEntries(environments.map((environment) => [environment, count]));
    },
    announceDrain() {
      announced = true;
      for (const thread of threads.values()) thread.tell({ do: 'announce-drain' });
    },
    async drain(timeoutMs) {
      ending = true;
      clearInterval(watch);
      const cut = await Promise.all([...threads.values()].map((thread) => thread.drain(timeoutMs)));
      await Promise.all([...threads.values()].map((thread) => thread.end()));
      return cut.reduce((sum, each) => sum + each, 0);
    },
  };
}

/** Workers read and watch the file themselves; one that cannot be read keeps none of them from starting again here. */
function ownCertificates({ https_enabled, downstream_tls }: Config['router']): UsedCertificate[] {
  if (!https_enabled) return [];
  try {
    return readCertificates(readFileSync(downstream_tls.cert_path, 'utf8'), LISTENER);
  } catch {
    return []; // the workers log it
  }
}

/** What one worker may have of what the router may have, and only what can be copied to it. */
function shareOf(
  { discovery: _of, ...router }: Config['router'] | (WorkerRouter & { discovery?: unknown }),
  count: number,
): WorkerRouter {
  const { http_listener, upstream } = router;
  return {
    ...router,
    http_listener: { ...http_listener, connections_max: Math.ceil(http_listener.connections_max / count) },
    upstream: { ...upstream, in_flight_max: Math.ceil(upstream.in_flight_max / count) },
  };
}

/** Ports that are shared on purpose would be shared with a stranger, too. */
function refuseTaken(host: string, port: number): Promise<void> {
  if (port === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen({ port, host }, () => probe.close(() => resolve()));
  });
}
