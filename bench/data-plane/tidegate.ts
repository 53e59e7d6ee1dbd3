import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Held, HeldEntry } from '../../apps/router/src/discovery/held.ts';
import { type FakeController, fakeController, type ServedStream } from '../../apps/router/src/testing/fake-controller.ts';
import { sampleDeployment, sampleHeld, sampleKey } from '../../apps/router/src/testing/sample-held.ts';
import { CORES, type Pinned, startPinned } from './pinned.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Tidegate extends Pinned {
  readonly url: string;
  readonly metricsUrl: string;
  readonly controller: FakeController;
  readonly stream: ServedStream;
}

export interface TidegateOptions {
  readonly name: string;
  readonly dir: string;
  readonly held: Held;
  /** Access lines, to a file */
  readonly accessLog?: boolean;
}

/** A real router, fed by the tests' controller, serving this table. */
export async function startTidegate({ name, dir, held, accessLog = false }: TidegateOptions): Promise<Tidegate> {
  const controller = await fakeController();
  const router = await startRouter({ name, dir, controller: controller.address, accessLog });
  const stream = await controller.stream(0);
  await stream.hello();
  stream.welcome(600_000);
  stream.list(held);
  await untilApplied(stream, 0);
  return {
    ...router,
    controller,
    stream,
    async stop() {
      await router.stop();
      controller.stop();
    },
  };
}

/** Waits for the n-th acknowledgement longer than tests would: tables are large here, and machines may be slow. */
export async function untilApplied(stream: ServedStream, nth: number): Promise<number> {
  const deadline = performance.now() + 120_000;
  while (stream.count('applied') <= nth) {
    if (performance.now() > deadline) throw new Error('The router has not applied a table within two minutes');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return (await stream.received('applied', nth)).applyUs;
}

export interface RouterOptions {
  readonly name: string;
  readonly dir: string;
  readonly controller: string;
  readonly accessLog?: boolean;
}

/** Only the router; resolves when it says that it listens. The same name finds the state of an earlier run. */
export async function startRouter({ name, dir, controller, accessLog = false }: RouterOptions) {
  const folder = join(dir, name);
  mkdirSync(folder, { recursive: true });
  const config = join(folder, 'router.toml');
  const log = join(folder, 'router.log');
  writeFileSync(log, '');
  writeFileSync(
    config,
    `[router]\nlistener_port = 0\nadmin_port = 0\nmetrics_port = 0\ndrain_delay = "0s"\n[router.access_logs]\nenabled = ${accessLog}\n` +
      `[router.discovery]\naddress = "${controller}"\nstate_dir = "${folder}/state"\nnode_id = "bench"\njoin_token = "join-bench"\n`,
  );
  const command = [join(ROOT, 'node_modules/.bin/node'), join(ROOT, 'dist/apps/router/main.js'), '--config', config];
  const process = startPinned(command, { core: CORES.measured, log });
  const { port, metrics } = await started(log);
  return { ...process, url: `http://127.0.0.1:${port}`, metricsUrl: `http://127.0.0.1:${metrics}/metrics` };
}

async function started(log: string): Promise<{ port: number; metrics: number }> {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    const line = /^\{.*"msg":"Router started".*\}$/m.exec(readFileSync(log, 'utf8'));
    if (line !== null) return JSON.parse(line[0]) as { port: number; metrics: number };
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`The router did not start:\n${readFileSync(log, 'utf8')}`);
}

export interface SampleTable {
  readonly upstreamPort: number;
  readonly routes: number;
  readonly routesPerApi?: number;
  /** The policies of P2, and 1 000 keys */
  readonly policies?: boolean;
  /** One more API, served at exactly this path with GET and POST */
  readonly root?: string;
  /** Another content for each value */
  readonly form?: number;
}

const KEYS = 1000;

/** API number i serves /api-<i>/r-<k>/{id} for each of its routes k. */
export function sampleApi(
  index: number,
  { upstreamPort, routesPerApi = 50, policies = false, form = 0 }: SampleTable,
): HeldEntry {
  const extra = form === 0 ? [] : [{ method: 'GET', operationPath: `/form-${form}` }];
  return sampleDeployment({
    id: `api-${index}/env`,
    context: `/api-${index}`,
    upstream: { targets: [{ scheme: 'http', host: '127.0.0.1', port: upstreamPort, weight: 1 }] },
    policies: policies
      ? [
          { name: 'api-key-auth', paramsJson: '{"in":"header","key":"X-API-Key"}' },
          { name: 'rate-limit', paramsJson: '{"key":"consumer","limit":1000000000,"window":3600}' },
        ]
      : [],
    routes: [
      ...Array.from({ length: routesPerApi }, (_, route) => ({ method: 'GET', operationPath: `/r-${route}/{id}` })),
      ...extra,
    ],
  });
}

export function sampleTable(table: SampleTable, version = 1): Held {
  const apis = Array.from({ length: table.routes / (table.routesPerApi ?? 50) }, (_, index) => sampleApi(index, table));
  const keys =
    table.policies === true
      ? Array.from({ length: KEYS }, (_, index) => sampleKey(`key-${index}`, `bench-key-${index}`, { apiId: 'api-7' }))
      : [];
  const root = table.root === undefined ? [] : [rootApi(table.root, table.upstreamPort)];
  return sampleHeld([...apis, ...keys, ...root], version);
}

function rootApi(path: string, upstreamPort: number): HeldEntry {
  return sampleDeployment({
    id: 'root/env',
    context: '',
    upstream: { targets: [{ scheme: 'http', host: '127.0.0.1', port: upstreamPort, weight: 1 }] },
    routes: ['GET', 'POST'].map((method) => ({ method, operationPath: path })),
  });
}
