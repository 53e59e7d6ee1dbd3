import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { spawnTracked, type TrackedProcess, waitFor } from '@tidegate/testkit';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/** A router as an operator runs it, from its sources, on free ports. */
export interface RouterProcess extends TrackedProcess {
  /** "http://127.0.0.1:port" */
  readonly url: string;
  readonly adminUrl: string;
  readonly metricsUrl: string;
}

export interface RouterProcessOptions {
  /** "host:port" of the controller */
  readonly controller: string;
  readonly stateDir: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Resolves when it listens. */
export async function startRouter(options: RouterProcessOptions): Promise<RouterProcess> {
  const child = await spawnRouter(options);
  const started = await waitFor(() => STARTED.exec(child.logs()) ?? (child.running() ? null : 'ended'), {
    timeoutMs: 20_000,
    what: 'the router to start',
  });
  if (started === 'ended') throw new Error(`the router ended:\n${child.logs()}`);
  const { port, admin, metrics } = JSON.parse(started[0]) as { port: number; admin: number; metrics: number };
  const at = (each: number): string => `http://127.0.0.1:${each}`;
  return { ...child, url: at(port), adminUrl: at(admin), metricsUrl: at(metrics) };
}

/** Without waiting, for routers that will refuse to start. */
export async function spawnRouter({ controller, stateDir, env = {} }: RouterProcessOptions): Promise<TrackedProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-router-'));
  const config = join(folder, 'config.toml');
  writeFileSync(config, '');
  const child = await spawnTracked(
    join(ROOT, 'node_modules/.bin/node'),
    [join(ROOT, 'apps/router/src/main.ts'), '--config', config],
    {
      cwd: folder,
      env: {
        PATH: process.env['PATH'] ?? '',
        TIDEGATE_TEST_RUN: process.env['TIDEGATE_TEST_RUN'] ?? '',
        APIP_GW_ROUTER_LISTENER_PORT: '0',
        APIP_GW_ROUTER_ADMIN_PORT: '0',
        APIP_GW_ROUTER_METRICS_PORT: '0',
        APIP_GW_ROUTER_DRAIN_DELAY: '10ms',
        APIP_GW_ROUTER_DISCOVERY_ADDRESS: controller,
        APIP_GW_ROUTER_DISCOVERY_STATE_DIR: stateDir,
        APIP_GW_ROUTER_DISCOVERY_NODE_ID: 'node-1',
        APIP_GW_ROUTER_DISCOVERY_JOIN_TOKEN: 'join-1',
        ...env,
      },
    },
  );
  void child.exited.then(() => rmSync(folder, { recursive: true, force: true }));
  return child;
}

/** The one log line that names the ports. */
const STARTED = /^\{.*"msg":"Router started".*\}$/m;
