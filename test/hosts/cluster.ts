import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { type EmbeddedPostgres, spawnTracked, startEmbeddedPostgres, type TrackedProcess, waitFor } from '@tidegate/testkit';
import { Client } from 'pg';

import { writeSecrets } from '../../tools/deploy/write-secrets.ts';
import { ask, type Reply } from '../../tools/dev/ask.ts';
import { openNetwork } from './network.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const CONTROLLERS = ['controller-1', 'controller-2'] as const;
export const ROUTERS = ['router-1', 'router-2', 'router-3'] as const;
export const SYNCS = ['sync-1', 'sync-2'] as const;
const APPS: Readonly<Record<string, string>> = { controller: 'gateway-controller', router: 'router', sync: 'apim-sync' };

/** A whole deployment, every part on a host of its own, with the configuration files that compose and Kubernetes mount. */
export type Cluster = Awaited<ReturnType<typeof startCluster>>;

/** Nothing is started yet but the network: each part is started by name. */
export async function startCluster() {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-hosts-'));
  const secrets = join(folder, 'secrets');
  await writeSecrets(secrets);
  const network = openNetwork(['postgres', 'redis', 'apim', ...CONTROLLERS, ...ROUTERS, ...SYNCS]);
  const secret = (name: string) => readFileSync(join(secrets, name), 'utf8');
  const running = new Map<string, TrackedProcess>();
  let postgres: EmbeddedPostgres | null = null;
  const dataDir = join(tmpdir(), `tidegate-hosts-pg-${process.pid}`);

  async function startPostgres(): Promise<void> {
    const { address, enter } = network.host('postgres');
    postgres = await startEmbeddedPostgres({ dataDir, port: 5432, durable: true, at: { address, enter } });
    running.set('postgres', postgres.process);
  }

  async function prepareDatabase(): Promise<void> {
    await startPostgres();
    const subnet = network.address.replace(/\d+$/, '0/24');
    appendFileSync(
      join(dataDir, 'pg_hba.conf'),
      `host all postgres ${network.address}/32 trust\nhost all gateway ${subnet} scram-sha-256\n`,
    );
    running
      .get('postgres')
      ?.kill('SIGHUP')
      .catch(() => undefined);
    await waitFor(() => sql(`SELECT 1`), { what: 'PostgreSQL to let this process in' });
    await sql(`CREATE ROLE gateway LOGIN PASSWORD '${secret('postgres_password')}'`);
    await sql(`CREATE DATABASE gateway OWNER gateway`);
  }

  async function sql(text: string, database = 'postgres') {
    const { address } = network.host('postgres');
    const client = new Client({ host: address, port: 5432, user: 'postgres', database, connectionTimeoutMillis: 5000 });
    await client.connect();
    try {
      return (await client.query<Record<string, unknown>>(text)).rows;
    } finally {
      await client.end();
    }
  }

  async function start(name: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<void> {
    const prepare = [
      // As in a container: /run/secrets is its own, and names mean what the platform says
      'mount -t tmpfs tmpfs /run && mkdir /run/secrets',
      `mount --bind '${secrets}' /run/secrets`,
      `mount --bind '${hostsFile(name)}' /etc/hosts`,
    ].join('\n');
    const [command = '', ...args] = network.host(name).enter(words, prepare);
    const inherited = { PATH: process.env['PATH'] ?? '', ...mark() };
    running.set(name, await spawnTracked(command, args, { cwd: folder, env: { ...inherited, ...env } }));
  }

  /** The other controller first for every other host, so that both have routers. */
  function hostsFile(name: string): string {
    const controllers: string[] = Number(name.replace(/\D/g, '')) % 2 === 0 ? [...CONTROLLERS].reverse() : [...CONTROLLERS];
    const names = [
      '127.0.0.1 localhost',
      ...['postgres', 'redis', 'apim'].map((host) => `${network.host(host).address} ${host}`),
      ...controllers.map((host) => `${network.host(host).address} gateway-controller-grpc gateway-controller`),
    ];
    const file = join(folder, `${name}.hosts`);
    writeFileSync(file, `${names.join('\n')}\n`);
    return file;
  }

  async function startApp(name: string): Promise<void> {
    const app = APPS[name.replace(/-\d+$/, '')] ?? 'apim-simulator';
    const config = app === 'apim-simulator' ? simulatorConfig() : join(ROOT, 'k8s/base', app, 'config.toml');
    const state = join(folder, name);
    mkdirSync(state, { recursive: true });
    const words = [join(ROOT, 'node_modules/.bin/node'), '--enable-source-maps', join(ROOT, 'dist/apps', app, 'main.js')];
    await start(name, [...words, '--config', config], {
      REDIS_URL: 'redis://redis:6379',
      APIM_HOST: 'apim:9443',
      APIM_CA_FILE: '/run/secrets/ca.pem',
      APIM_CLIENT_ID: 'tidegate',
      ...(app === 'router'
        ? {
            APIP_GW_ROUTER__DISCOVERY__STATE_DIR: state,
            APIP_GW_ROUTER__DISCOVERY__NODE_ID: name,
            APIP_GW_ROUTER__DRAIN_DELAY: '1s',
          }
        : {}),
      ...(app === 'gateway-controller' ? CONTROLLER_ENV : {}),
    });
    if (app === 'router')
      await waitFor(async () => (await readiness(name)) === 200, { timeoutMs: 60_000, what: `${name} to be ready` });
    if (app === 'gateway-controller')
      await waitFor(async () => (await manage('GET', '/health', undefined, name)).status === 200, {
        timeoutMs: 60_000,
        what: name,
      });
  }

  function simulatorConfig(): string {
    const file = join(folder, 'simulator.toml');
    const text = `[simulator]
host = "0.0.0.0"
environments = ["default"]
cert_file = "/run/secrets/apim.pem"
key_file = "/run/secrets/apim.key"
gateway_token = "${secret('apim_registration_token')}"
control_token = "control"
[simulator.oauth2]
client_id = "tidegate"
client_secret = "${secret('apim_client_secret')}"
`;
    writeFileSync(file, text);
    return file;
  }

  const authorization = `Basic ${Buffer.from(`admin:${secret('admin_password')}`).toString('base64')}`;

  /** The management API of one controller; any status is an answer. */
  async function manage(method: string, path: string, body?: unknown, at: string = CONTROLLERS[0]) {
    const headers = {
      authorization,
      host: 'gateway-controller',
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    };
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const { status, text } = await ask(`http://${network.host(at).address}:9090${path}`, {
      method,
      headers,
      timeoutMs: 20_000,
      ...sent,
    });
    return { status, body: parsed(text) };
  }

  const urlOf = (router: string) => `http://${network.host(router).address}:8080`;
  const call = (path: string, router: string): Promise<Reply> => ask(`${urlOf(router)}${path}`);

  async function readiness(router: string): Promise<number | null> {
    return (await call('/_gateway-health/ready', router).catch(() => null))?.status ?? null;
  }

  /** What APIM holds: name and how often each was made. */
  async function apim(): Promise<{ apis: { name: string; properties: Record<string, string> }[] }> {
    const headers = { 'x-control-token': 'control', host: 'apim:9443' };
    const { text } = await ask(`https://${network.host('apim').address}:9443/_control/state`, { headers, ca: secret('ca.pem') });
    return JSON.parse(text) as { apis: { name: string; properties: Record<string, string> }[] };
  }

  async function startRedis(): Promise<void> {
    const { address } = network.host('redis');
    await start('redis', ['redis-server', '--bind', address, '--protected-mode', 'no', '--save', '', '--dir', folder]);
  }

  return {
    network,
    manage,
    call,
    urlOf,
    readiness,
    apim,
    sql,
    startPostgres,
    startRedis,
    startApp,
    logs: (name: string) => running.get(name)?.logs() ?? '',
    /** SIGKILL unless said otherwise; resolves when it is gone */
    async stop(name: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
      await running.get(name)?.kill(signal);
    },
    /** Sends the signal and goes on */
    signal(name: string, signal: NodeJS.Signals): void {
      process.kill(running.get(name)?.pid ?? -1, signal);
    },
    exited: (name: string) => running.get(name)?.exited,
    /** Every part, in the order in which a platform would bring them up. */
    async startAll(): Promise<void> {
      await prepareDatabase();
      await startRedis();
      await startApp('apim');
      await Promise.all(CONTROLLERS.map(startApp));
      await Promise.all([...ROUTERS, ...SYNCS].map(startApp));
    },
    async close(): Promise<void> {
      await Promise.all([...running.values()].map((one) => one.kill('SIGKILL')));
      network.close();
      for (const path of [folder, dataDir]) rmSync(path, { recursive: true, force: true });
    },
  };
}

const CONTROLLER_ENV = {
  APIP_GW_CONTROLLER__STORAGE__POSTGRES__SSLMODE: 'disable',
  // Faster than in production, so that a test need not wait for a quarter of a minute
  APIP_GW_CONTROLLER__DISCOVERY__HEARTBEAT: '500ms',
  APIP_GW_CONTROLLER__DISCOVERY__LEASE: '3s',
  APIP_GW_CONTROLLER__STORAGE__POSTGRES__QUERY_TIMEOUT: '5s',
};

// What a test expects of a body is what it asserts
// eslint-disable-next-line @typescript-eslint/no-explicit-any
function parsed(text: string): any {
  return text === '' ? null : JSON.parse(text);
}

function mark(): Record<string, string> {
  const run = process.env['TIDEGATE_TEST_RUN'];
  return run === undefined ? {} : { TIDEGATE_TEST_RUN: run };
}
