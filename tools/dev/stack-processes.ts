import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { answersOk, ask } from './ask.ts';
import { routerPort, type Wiring } from './config-files.ts';
import type { ProcessSpec } from './managed-process.ts';
import { isServerReady, serverArguments, serverEnvironment, type Cluster } from './postgres/cluster.ts';
import { endStrayServer } from './postgres/stray-server.ts';
import { redisAnswers } from './redis.ts';

const repository = fileURLToPath(new URL('../../', import.meta.url));

export function postgresSpec({ dir, settings }: Wiring, cluster: Cluster): ProcessSpec {
  return {
    name: 'postgres',
    command: cluster.binaries.postgres,
    args: serverArguments(cluster, settings.ports.postgres),
    env: serverEnvironment(),
    cwd: '/',
    ...(cluster.user === null ? {} : { user: cluster.user }),
    stopSignal: 'SIGINT',
    graceMs: 15_000,
    logFile: dir.log('postgres'),
    readyTimeoutMs: 60_000,
    ready: (pid) => Promise.resolve(isServerReady(cluster, pid)),
    prepare: () => endStrayServer(cluster.folder),
  };
}

export function redisSpec({ dir, settings, secrets }: Wiring, server: string, configFile: string): ProcessSpec {
  return {
    name: 'redis',
    command: server,
    args: [configFile],
    env: { PATH: process.env['PATH'], TIDEGATE_TEST_RUN: process.env['TIDEGATE_TEST_RUN'] },
    cwd: dir.redis,
    stopSignal: 'SIGTERM',
    graceMs: 5_000,
    logFile: dir.log('redis'),
    readyTimeoutMs: 15_000,
    ready: () => redisAnswers(settings.ports.redis, secrets.redisPassword),
  };
}

export function petstoreSpec({ dir, settings, certificates }: Wiring): ProcessSpec {
  const { petstoreCert, petstoreKey, ca } = certificates;
  const options = ['--port', String(settings.ports.petstore), '--cert', petstoreCert, '--key', petstoreKey];
  return {
    ...nodeSpec(dir, 'petstore', `${repository}tools/dev/petstore/main.ts`, options, {}),
    ready: async () => answersOk(`https://localhost:${settings.ports.petstore}/`, readFileSync(ca, 'utf8')),
  };
}

type App = {
  readonly name: string;
  readonly bundle: string;
  readonly configFiles: readonly string[];
  readonly env: NodeJS.ProcessEnv;
};

/** One of our apps, with its own readiness. */
export function appSpec({ dir }: Wiring, app: App, ready: () => Promise<boolean>): ProcessSpec {
  const options = app.configFiles.flatMap((file) => ['--config', file]);
  return { ...nodeSpec(dir, app.name, `${repository}dist/apps/${app.bundle}/main.js`, options, app.env), ready };
}

export function simulatorReady({ dir, settings }: Wiring): () => Promise<boolean> {
  // the certificate is there once it has started
  return async () => answersOk(`https://localhost:${settings.ports.apim}/health`, readFileSync(dir.tls('apim.pem'), 'utf8'));
}

export function controllerReady({ settings }: Wiring): () => Promise<boolean> {
  return () => answersOk(`http://127.0.0.1:${settings.ports.admin}/ready`);
}

/** It works; whether APIM is within reach is another question. */
export function apimSyncReady({ settings }: Wiring): () => Promise<boolean> {
  return () => answersOk(`http://127.0.0.1:${settings.ports.syncAdmin}/health`);
}

/** Ready, and listening: the admin port alone does not say the second. */
export function routerReady({ settings }: Wiring, index: number): () => Promise<boolean> {
  const admin = `http://127.0.0.1:${routerPort(settings.ports, 'routerAdmin', index)}/ready`;
  const listener = `http://127.0.0.1:${routerPort(settings.ports, 'router', index)}/`;
  return async () => (await answersOk(admin)) && (await ask(listener)).status > 0;
}

/**
 * Waits until every router follows the controller: what is deployed from now on is routed in milliseconds. A router that started
 * before the controller tries again with back-off; one that still cannot after ten seconds serves what it has and goes on trying.
 */
export async function routersFollow({ settings }: Wiring, routers: number): Promise<void> {
  const deadline = performance.now() + 10_000;
  for (let index = 0; index < routers; index += 1) {
    const url = `http://127.0.0.1:${routerPort(settings.ports, 'routerAdmin', index)}/xds_sync_status`;
    const follows = async (): Promise<boolean> => {
      const { stream } = JSON.parse((await ask(url)).text) as { stream?: unknown };
      return stream !== 'offline' && stream !== 'greeting';
    };
    while (performance.now() < deadline && !(await follows().catch(() => false))) await sleep(15);
  }
}

function nodeSpec(
  dir: Wiring['dir'],
  name: string,
  script: string,
  options: readonly string[],
  env: NodeJS.ProcessEnv,
): Omit<ProcessSpec, 'ready'> {
  return {
    name,
    command: process.execPath,
    args: ['--enable-source-maps', script, ...options],
    env: { ...env, PATH: process.env['PATH'], NODE_ENV: 'production', NODE_COMPILE_CACHE: dir.compileCache },
    cwd: dir.root,
    stopSignal: 'SIGTERM',
    graceMs: 20_000,
    logFile: dir.log(name),
    readyTimeoutMs: 60_000,
  };
}
