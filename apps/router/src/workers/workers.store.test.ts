import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { contentHash, EntryKind } from '@tidegate/gateway-ir';
import { createLogger } from '@tidegate/process';
import { echoUpstream, waitFor } from '@tidegate/testkit';
import { afterEach, expect, test } from 'vitest';

import { readConfig } from '../config.ts';
import type { HeldEntry } from '../discovery/held.ts';
import { createLiveTable } from '../policy-host/live-table.ts';
import { fakeController } from '../testing/fake-controller.ts';
import { spawnRouter, startRouter } from '../testing/router-process.ts';
import { sampleDeployment, sampleHeld } from '../testing/sample-held.ts';
import { target } from '../testing/traffic-kit.ts';
import { openWorkers } from './open-workers.ts';

const later: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of later.splice(0).toReversed()) await close();
});

const LIMIT = 40;
/** Threads start in a second; on a busy machine in many */
const PATIENT = { timeout: 120_000 };
const soon = (what: string) => ({ what, timeoutMs: 60_000 });

function api(port: number, algorithm: 'api' | 'route' = 'api'): HeldEntry {
  return sampleDeployment({
    context: '/limited',
    upstream: { targets: [target(port)] },
    policies: [{ name: 'rate-limit', paramsJson: JSON.stringify({ limit: LIMIT, window: 3600, key: algorithm }) }],
    routes: [{ method: 'GET', operationPath: '/a' }],
  });
}

/** Each on a connection of its own, so that the kernel spreads them over the workers; their statuses. */
function askOften(url: string, times: number): Promise<number[]> {
  const one = (): Promise<number> =>
    new Promise((resolve) => {
      const sent = request(url, { agent: new Agent() }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0));
      });
      sent.on('error', () => resolve(0)).end();
    });
  return Promise.all(Array.from({ length: times }, one));
}

const counted = (text: string, series: RegExp): number =>
  [...text.matchAll(new RegExp(`^${series.source} (\\d+)$`, 'gm'))].reduce((sum, [, value]) => sum + Number(value), 0);

test('three workers are one router: one port, one limit, one set of metrics, one log, one drain', PATIENT, async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'tidegate-state-'));
  const [controller, backend] = [await fakeController(), await echoUpstream()];
  later.push(
    () => rmSync(stateDir, { recursive: true, force: true }),
    () => backend.close(),
    () => controller.stop(),
  );
  const env = { APIP_GW_ROUTER_WORKERS: '3' };
  const router = await startRouter({ controller: controller.address, stateDir, env });
  const stream = await controller.stream(0);
  stream.welcome();
  stream.list(sampleHeld([api(backend.port)], 1));
  await stream.received('applied');

  const statuses = await askOften(`${router.url}/limited/a`, 120);
  expect(statuses.filter((status) => status === 200)).toHaveLength(LIMIT);
  expect(statuses.filter((status) => status === 429)).toHaveLength(120 - LIMIT);

  const metrics = await (await fetch(`${router.metricsUrl}/metrics`)).text();
  expect(counted(metrics, /tidegate_router_requests_total\{[^}]*code="200"[^}]*\}/)).toBe(LIMIT);
  expect(counted(metrics, /tidegate_router_requests_total\{[^}]*code="429"[^}]*\}/)).toBe(120 - LIMIT);
  expect(counted(metrics, /tidegate_router_workers/)).toBe(3);
  expect(counted(metrics, /tidegate_router_snapshot_version/)).toBe(1);
  const accessLines = () => router.logs().match(/"type":"access"[^\n]*"path":"\/limited\/a"/g) ?? [];
  await waitFor(() => accessLines().length === 120, soon('all access lines'));

  // Applied = by every worker: none of them serves what is gone.
  stream.delta(1, sampleHeld([], 2), [{ kind: EntryKind.ROUTES, id: 'api/env' }]);
  await waitFor(
    async () => (await (await fetch(`${router.adminUrl}/xds_sync_status`)).text()).includes('"version":2'),
    soon('the new table'),
  );
  await waitFor(async () => new Set(await askOften(`${router.url}/limited/a`, 20)).size === 1, soon('all workers to serve it'));
  expect(new Set(await askOften(`${router.url}/limited/a`, 20))).toEqual(new Set([404]));

  await router.kill('SIGTERM');
  expect(await router.exited).toMatchObject({ code: 0 });
});

test('a port that somebody else has is refused, although workers share theirs', PATIENT, async () => {
  const stateDir = mkdtempSync(join(tmpdir(), 'tidegate-state-'));
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen({ port: 0, host: '127.0.0.1', reusePort: true }, resolve));
  later.push(
    () => rmSync(stateDir, { recursive: true, force: true }),
    () => taken.close(),
  );
  const { port } = taken.address() as { port: number };
  const env = { APIP_GW_ROUTER_WORKERS: '2', APIP_GW_ROUTER_LISTENER_PORT: String(port) };
  const router = await spawnRouter({ controller: '127.0.0.1:1', stateDir, env });
  expect(await router.exited).toMatchObject({ code: 1 });
  expect(router.logs()).toContain(`router.listener_port ${port} is taken by another process`);
});

test('workers that end are replaced, with the table of that moment and the same port, and counters go on', PATIENT, async () => {
  const backend = await echoUpstream();
  later.push(() => backend.close());
  const config = readConfig([], {});
  const live = createLiveTable({ runtimes: [], settings: {}, now: Date.now, log: () => undefined });
  const plain = sampleDeployment({
    context: '/plain',
    upstream: { targets: [target(backend.port)] },
    routes: [{ method: 'GET', operationPath: '/a' }],
  });
  live.apply(sampleHeld([plain]), []);
  const traffic = await openWorkers({
    config: { ...config, router: { ...config.router, listener_port: 0, workers: 2 } },
    nodeId: 'node-1',
    live,
    revoked: () => [],
    entry: new URL('../main.ts', import.meta.url),
    logger: createLogger({ name: 'test', level: 'error', format: 'text', destination: { write: () => undefined } }),
    accessSink: () => undefined,
    logSink: () => undefined,
  });
  later.push(() => traffic.drain(0));
  const url = `http://127.0.0.1:${traffic.port}/plain/a`;
  expect(new Set(await askOften(url, 20))).toEqual(new Set([200]));
  await waitFor(() => traffic.metrics.totals().requests.all.reduce((sum, each) => sum + each, 0) === 20, soon('totals'));

  const answered = async (): Promise<number> =>
    counted(await traffic.metrics.scrape(), /tidegate_router_requests_total\{[^}]*code="200"[^}]*\}/);
  expect(await answered()).toBe(20);
  // A table that cannot be read ends the thread that reads it: what nobody foresaw, on both at once.
  const content = Buffer.alloc(1);
  const unreadable = { kind: EntryKind.ROUTES, id: 'x', content, hash: 5 as unknown as Buffer };
  await traffic.spread?.({ ...sampleHeld([]), tableHash: contentHash(content), entries: new Map([['x', unreadable]]) });
  await waitFor(async () => /^tidegate_router_worker_restarts_total 2$/m.test(await traffic.metrics.scrape()), soon('restarts'));
  await waitFor(async () => /^tidegate_router_workers 2$/m.test(await traffic.metrics.scrape()), soon('two new workers'));
  expect(new Set(await askOften(url, 20))).toEqual(new Set([200]));
  await waitFor(() => traffic.metrics.totals().requests.all.reduce((sum, each) => sum + each, 0) === 40, soon('totals'));
  expect(await answered()).toBe(40);
  expect(await traffic.drain(10_000)).toBe(0);
  expect(await askOften(url, 1)).toEqual([0]);
});
