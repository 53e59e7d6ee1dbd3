import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import {
  type AppProcess,
  type EchoUpstream,
  echoUpstream,
  type EmbeddedPostgres,
  freePort,
  startApp,
  startEmbeddedPostgres,
  type TcpFaultProxy,
  tcpFaultProxy,
  waitFor,
} from '@tidegate/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { ask } from '../tools/dev/ask.ts';
import { startLoad } from './hosts/load.ts';
import { plainApi } from './stack-client.ts';

/**
 * PostgreSQL with a synchronous standby: the primary is killed in the middle of writes, the standby promoted, and the address that
 * controllers know leads to it. Every write that was acknowledged is there, the epoch is the one before, and no request has failed.
 */

const KEY = 'an-enrolment-key-for-the-fail-over-test';
const folder = mkdtempSync(join(tmpdir(), 'tidegate-failover-'));
// Its server runs as another user, to whom the folder above is closed
const clusters = {
  primary: join(tmpdir(), `tidegate-pg-a-${process.pid}`),
  standby: join(tmpdir(), `tidegate-pg-b-${process.pid}`),
};
let primary: EmbeddedPostgres;
let standby: EmbeddedPostgres;
let address: TcpFaultProxy;
let backend: EchoUpstream;
let api: number;
let traffic: number;
const apps: AppProcess[] = [];

beforeAll(async () => {
  const [primaryPort, standbyPort] = [await freePort(), await freePort()];
  primary = await startEmbeddedPostgres({ dataDir: clusters.primary, port: primaryPort, durable: true });
  appendFileSync(join(clusters.primary, 'pg_hba.conf'), 'host replication postgres 127.0.0.1/32 trust\n');
  await sql(primary.url, 'SELECT pg_reload_conf()');
  await copyCluster();
  writeFileSync(join(clusters.standby, 'standby.signal'), '');
  appendFileSync(
    join(clusters.standby, 'postgresql.auto.conf'),
    `primary_conninfo = 'host=127.0.0.1 port=${primaryPort} user=postgres application_name=standby'\n`,
  );
  // As root the server runs as another user, whose all this must be
  execFileSync('chown', ['-R', `--reference=${clusters.primary}`, clusters.standby]);
  standby = await startEmbeddedPostgres({ dataDir: clusters.standby, port: standbyPort, durable: true });
  await sql(primary.url, `ALTER SYSTEM SET synchronous_standby_names = 'standby'`);
  await sql(primary.url, 'SELECT pg_reload_conf()');
  await waitFor(
    async () => (await sql(primary.url, `SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'`)).length === 1,
    {
      timeoutMs: 60_000,
      what: 'the standby to be synchronous',
    },
  );
  address = await tcpFaultProxy({ target: primaryPort });
  await startTidegate();
});

afterAll(async () => {
  await Promise.all(apps.map((app) => app.kill()));
  await address?.close();
  await backend?.close();
  for (const server of [primary, standby]) await server?.process.kill('SIGKILL');
  for (const path of [folder, ...Object.values(clusters)]) rmSync(path, { recursive: true, force: true });
});

/** As pg_basebackup does it (PostgreSQL manual, 25.3.3): the files between start and stop, and the label that says where to begin. */
async function copyCluster(): Promise<void> {
  const client = new Client({ connectionString: primary.url });
  await client.connect();
  await client.query(`SELECT pg_backup_start('standby', true)`);
  cpSync(clusters.primary, clusters.standby, { recursive: true, preserveTimestamps: true });
  chmodSync(clusters.standby, 0o700);
  const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
  await client.end();
  rmSync(join(clusters.standby, 'postmaster.pid'), { force: true });
  writeFileSync(join(clusters.standby, 'backup_label'), rows[0]?.labelfile ?? '');
}

async function sql(url: string, text: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(text)).rows as unknown[];
  } finally {
    // Also of a connection that a server refused which was just starting or ending
    await client.end();
  }
}

async function startTidegate(): Promise<void> {
  backend = await echoUpstream({ answer: (_, response) => void response.end('ok') });
  const grpc = await freePort();
  [api, traffic] = [await freePort(), await freePort()];
  const controller = await startApp('gateway-controller', {
    config: {
      controller: {
        server: { port: api, grpc_port: grpc },
        admin_server: { port: await freePort() },
        metrics: { enabled: false },
        storage: {
          postgres: { dsn: `postgres://postgres@${address.address}/postgres`, connect_timeout: '2s', query_timeout: '5s' },
        },
        discovery: { enrolment_key: KEY },
      },
    },
  });
  apps.push(controller);
  await controller.waitForLog(/Management API listening/, 60_000);
  const discovery = { address: `localhost:${grpc}`, node_id: 'router', state_dir: join(folder, 'router'), join_token: KEY };
  apps.push(
    await startApp('router', {
      config: { router: { listener_port: traffic, admin_port: await freePort(), metrics_port: 0, discovery } },
    }),
  );
  await waitFor(async () => (await ask(`http://127.0.0.1:${traffic}/_gateway-health/ready`)).status === 200, {
    timeoutMs: 60_000,
    what: 'the router to be ready',
  });
}

async function manage(method: string, path: string, body?: unknown): Promise<{ status: number; text: string }> {
  const authorization = `Basic ${Buffer.from('admin:admin').toString('base64')}`;
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  return ask(`http://127.0.0.1:${api}${path}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    timeoutMs: 20_000,
    ...sent,
  });
}

const epoch = async (url: string) => (await sql(url, 'SELECT epoch FROM installation'))[0];

it('every acknowledged write is there, the epoch goes on, and no request fails', async () => {
  const upstream = { main: { url: backend.url } };
  expect((await manage('POST', '/rest-apis?wait=programmed', plainApi('Steady', { upstream }))).status).toBe(201);
  const before = await epoch(primary.url);
  const load = startLoad(() => `http://127.0.0.1:${traffic}`, '/steady', ['router']);
  const acknowledged: string[] = [];
  let stopped = false;
  const writing = (async () => {
    for (let index = 0; !stopped; index++) {
      const name = `Written${index}`;
      const answer = await manage('POST', '/rest-apis', plainApi(name, { upstream })).catch(() => null);
      if (answer?.status === 201) acknowledged.push(name);
    }
  })();

  await waitFor(() => acknowledged.length >= 15, { timeoutMs: 60_000, what: 'fifteen writes' });
  await primary.process.kill('SIGKILL');
  const atFailure = acknowledged.length;
  await sql(standby.url, 'SELECT pg_promote()');
  await sql(standby.url, `ALTER SYSTEM SET synchronous_standby_names = ''`);
  await sql(standby.url, 'SELECT pg_reload_conf()');
  address.point(Number(new URL(standby.url).port));
  await waitFor(() => acknowledged.length >= atFailure + 10, { timeoutMs: 90_000, what: 'ten writes on the new primary' });
  stopped = true;
  await writing;

  const there = await sql(standby.url, 'SELECT handle FROM api');
  const handles = new Set((there as { handle: string }[]).map(({ handle }) => handle));
  expect(acknowledged.filter((name) => !handles.has(name))).toEqual([]);
  expect(await epoch(standby.url)).toEqual(before);
  const last = acknowledged.at(-1) ?? '';
  await waitFor(async () => (await ask(`http://127.0.0.1:${traffic}/${last.toLowerCase()}`)).status === 200, {
    timeoutMs: 60_000,
    what: 'the last write to be served',
  });
  await load.stop();
  expect(load.failures).toEqual([]);
  expect(load.answered()).toBeGreaterThan(50);
});
