import type { MessagePort } from 'node:worker_threads';

import { policyRuntimes } from '@tidegate/policies/runtimes';
import { createLogger, openTracing, type Tracing } from '@tidegate/process';

import type { Held } from '../discovery/held.ts';
import { createHttpCalls } from '../policy-host/http-calls.ts';
import { createLiveTable, type LiveTableOptions } from '../policy-host/live-table.ts';
import { createRedisCalls } from '../policy-host/redis-calls.ts';
import { openTraffic, type Traffic } from '../traffic.ts';
import { RUNTIME_VERSION } from '../version.ts';
import { writeBoard } from './board.ts';
import type { FromWorker, ToWorker, WorkerStart } from './messages.ts';
import { openSharedCells } from './shared-cells.ts';
import { unpacked, withDelta } from './table-delta.ts';

const BOARD_MS = 100;
const TOTALS_MS = 1_000;

/** One thread that serves: it has a table and listeners, and hears from its router what to do. Nothing of a node is its own. */
export function runWorker(router: MessagePort, start: WorkerStart): void {
  const tell = (message: FromWorker): void => router.postMessage(message, []);
  const destination = { write: (line: string) => tell({ is: 'log-line', line }) };
  const logger = createLogger({ name: 'router', ...start.log, destination });
  const log: LiveTableOptions['log'] = (level, fields, message) => logger[level](fields, message);
  const http = createHttpCalls(start.router.upstream.tls.ca_file);
  const redis = createRedisCalls();
  const cells = openSharedCells(start.cells, start.worker);
  const live = createLiveTable({ runtimes: policyRuntimes, settings: start.policies, now: Date.now, log, http, redis, cells });
  let held: Held | null = null;
  let draining = false;
  let tracing: Tracing | null = null;
  let traffic: Traffic | null = null;

  setInterval(() => writeBoard(start.board, start.worker, traffic?.inFlight ?? 0), BOARD_MS).unref();
  setInterval(() => {
    if (traffic !== null) tell({ is: 'totals', totals: traffic.metrics.totals() });
  }, TOTALS_MS).unref();

  // One table after the other, and never listening without the first. What fails here ends the thread, and another one begins anew.
  let applying = Promise.resolve();
  const apply = async ({ id, delta, revoked }: Extract<ToWorker, { do: 'apply' }>): Promise<void> => {
    held = withDelta(held, delta);
    // The router has built the same and told what was rejected.
    await live.applyInSteps(held, revoked);
    tell({ is: 'applied', id });
  };
  const listen = async ({ port, tlsPort }: Extract<ToWorker, { do: 'listen' }>): Promise<void> => {
    const service = { name: 'router', version: RUNTIME_VERSION, instance: start.nodeId };
    tracing = await openTracing(start.tracing, service);
    traffic = await openTraffic({
      router: { ...start.router, listener_port: port, https_port: tlsPort },
      live,
      ready: () => live.table !== null && !draining,
      accessSink: (lines) => tell({ is: 'access-lines', lines }),
      logger,
      tracing,
      sharesPorts: true,
    });
    tell({ is: 'listening', port: traffic.port, tlsPort: traffic.tlsPort });
  };
  const drain = async (timeoutMs: number): Promise<void> => {
    const cut = (await traffic?.drain(timeoutMs)) ?? 0;
    if (traffic !== null) tell({ is: 'totals', totals: traffic.metrics.totals() });
    await tracing?.close();
    redis.close();
    tell({ is: 'drained', cut });
  };

  router.on('message', (message: ToWorker) => {
    switch (message.do) {
      case 'recall':
        return live.recall(message.entries.map(unpacked));
      case 'apply':
        return void (applying = applying.then(() => apply(message)));
      case 'listen':
        return void applying.then(() => listen(message)).catch((error: Error) => tell({ is: 'unfit', error }));
      case 'tune':
        logger.level = message.level;
        return traffic?.tune(message.router);
      case 'announce-drain':
        draining = true;
        return traffic?.announceDrain();
      case 'drain':
        draining = true;
        void drain(message.timeoutMs);
        return;
      case 'scrape':
        void (traffic?.metrics.registry.getMetricsAsJSON() ?? Promise.resolve([])).then((metrics) =>
          tell({ is: 'scraped', id: message.id, metrics }),
        );
    }
  });
}
