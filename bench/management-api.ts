import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { freePort, startApp, startEmbeddedPostgres } from '@tidegate/testkit';
import { Client } from 'pg';

import { plainApi } from '../test/stack-client.ts';

/**
 * The management API of an installation with many APIs: `npm run bench -- management-api [--apis 10000] [--seconds 10]`.
 *
 *   POST   50 a second, evenly, whatever the answers do; from when each was due, so a stall is not hidden
 *   list   GET /rest-apis?limit=50 at ten offsets, one after the other
 *
 * One controller, PostgreSQL with fsync on, no router and no APIM. The APIs are copies of one that was posted, put in by SQL.
 */
const { values } = parseArgs({
  options: { apis: { type: 'string', default: '10000' }, seconds: { type: 'string', default: '10' } },
});
const WRITES_PER_SECOND = 50;
const folder = mkdtempSync(join(tmpdir(), 'tidegate-bench-'));
chmodSync(folder, 0o711); // the server runs as another user when this process is root
const postgres = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), port: await freePort(), durable: true });
const port = await freePort();
const agent = new Agent({ keepAlive: true, maxSockets: 50 });
const controller = () =>
  startApp('gateway-controller', {
    config: {
      log: { level: 'warn' },
      controller: {
        server: { port, grpc_port: 0 },
        admin_server: { port: 0 },
        metrics: { port: 0 },
        storage: { postgres: { dsn: postgres.url } },
        sync: { token: 'bench' },
      },
    },
  });
try {
  let running = await controller();
  await until(async () => (await call('GET', '/health')) === 200);
  await call('POST', '/rest-apis', plainApi('Seed'));
  await running.kill('SIGTERM');
  await copies(Number(values.apis) - 1);
  const startMs = performance.now();
  running = await controller();
  await until(async () => (await call('GET', '/health')) === 200);
  console.log(`${commit()}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? '?'}, ${values.apis} APIs`);
  console.log(`start to answering: ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  figures('list', await lists(100));
  figures('POST', await writes(Number(values.seconds) * WRITES_PER_SECOND));
  await running.kill('SIGTERM');
} finally {
  agent.destroy();
  await postgres.process.kill('SIGINT');
  rmSync(folder, { recursive: true, force: true });
}

/** What a POST writes, many times over; the gateway's table is read anew at the next start. */
async function copies(count: number): Promise<void> {
  const client = new Client(postgres.url);
  await client.connect();
  await client.query(
    `INSERT INTO api (id, account_id, handle, display_name, version, document, desired_state, origin, created_by, created_at, updated_at, deployed_at)
     SELECT gen_random_uuid(), account_id, 'Copy' || n, 'Copy' || n, version,
            replace(replace(document::text, '/seed', '/copy' || n), 'Seed', 'Copy' || n)::json,
            desired_state, origin, created_by, now() - n * interval '1 second', now(), now()
     FROM api, generate_series(1, $1) n WHERE handle = 'Seed'`,
    [count],
  );
  await client.query(
    `INSERT INTO deployment (id, api_id, environment_id)
     SELECT api.id || '/' || d.environment_id, api.id, d.environment_id FROM api, deployment d WHERE handle <> 'Seed'`,
  );
  await client.query(
    `INSERT INTO gateway_change (gateway_id, kind, entry_id, version)
     SELECT gateway_id, kind, d.id, c.version FROM deployment d, gateway_change c ON CONFLICT DO NOTHING`,
  );
  await client.query('ANALYZE');
  await client.end();
}

async function lists(count: number): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < count; n++) {
    const startMs = performance.now();
    const status = await call('GET', `/rest-apis?limit=50&offset=${(n % 10) * 900}`);
    if (status !== 200) throw new Error(`list answered ${status}`);
    times.push(performance.now() - startMs);
  }
  return times;
}

async function writes(count: number): Promise<number[]> {
  const startMs = performance.now();
  const sent = Array.from({ length: count }, async (_, n) => {
    const dueMs = startMs + (n * 1000) / WRITES_PER_SECOND;
    await sleep(Math.max(0, dueMs - performance.now()));
    const status = await call('POST', '/rest-apis', plainApi(`Bench${n}`));
    if (status !== 201) throw new Error(`POST answered ${status}`);
    return performance.now() - dueMs;
  });
  return Promise.all(sent);
}

function figures(name: string, times: readonly number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(1);
  console.log(`${name.padEnd(5)} median ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms, of ${times.length}`);
}

/** The status; 0 = nobody there yet */
function call(method: string, path: string, body?: unknown): Promise<number> {
  return new Promise((resolve) => {
    const headers = { authorization: `Basic ${btoa('admin:admin')}`, 'content-type': 'application/json' };
    const sent = request({ host: '127.0.0.1', port, path, method, headers, agent }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
    });
    sent.on('error', () => resolve(0));
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(20);
}

function commit(): string {
  return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
}
