import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:http2';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { spawnTracked, type TrackedProcess, waitFor } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { ask } from '../tools/dev/ask.ts';
import { emptyDataDir } from '../tools/dev/data-dir.ts';
import { listenerNames, listeners } from '../tools/dev/options.ts';
import { freePorts } from '../tools/dev/ports.ts';
import { isSameProcess, processIdentity } from '../tools/dev/process-identity.ts';

/** `npm start`: it comes up, says what stands in its way, survives kill −9 of everything, and leaves nothing behind. */

const repository = fileURLToPath(new URL('../', import.meta.url));
// closed to everyone else: as root, PostgreSQL's user must be given another place
const folder = mkdtempSync(join(tmpdir(), 'tidegate-start-'));
const dataDir = join(folder, 'data');
const authorization = `Basic ${Buffer.from('admin:admin').toString('base64')}`;
let portFlags: string[] = [];
let api = 0;
let router = 0;
let routerTls = 0;

beforeAll(async () => {
  const found = await freePorts(listenerNames.length);
  const ports = listenerNames.map((name, index) => ({ name, port: found[index] ?? 0 }));
  portFlags = ports.map(({ name, port }) => `--${listeners[name].flag}=${port}`);
  api = ports.find(({ name }) => name === 'api')?.port ?? 0;
  router = ports.find(({ name }) => name === 'router')?.port ?? 0;
  routerTls = ports.find(({ name }) => name === 'routerTls')?.port ?? 0;
});
afterAll(() => {
  emptyDataDir(dataDir);
  rmSync(folder, { recursive: true, force: true });
});

it('prints its options', async () => {
  const help = await spawnTracked(process.execPath, [join(repository, 'tools/dev/main.ts'), '--help']);
  expect(await help.exited).toMatchObject({ code: 0 });
  for (const option of ['--data-dir', '--port-api', '--routers', '--config', '--no-simulator', '--reset'])
    expect(help.logs()).toContain(option);
});

it('serves an API after its first start, refuses a second start meanwhile, and stops without a trace', async () => {
  const first = await npmStart();
  await ready(first);
  expect((await deploy()).status).toBe(201);
  expect(await overTls('/_gateway-health/ready')).toEqual({ protocol: 'h2', status: 200 });

  const second = await npmStart();
  expect(await second.exited).toMatchObject({ code: 1 });
  expect(second.logs()).toContain(`is running in ${dataDir} already: process ${first.pid}`);

  const children = childrenOnRecord();
  first.kill('SIGINT').catch(() => undefined);
  expect(await first.exited).toEqual({ code: 0, signal: null });
  expect(first.logs()).toContain('Stopped.');
  expect(children.filter(({ pid, identity }) => isSameProcess(pid, identity))).toEqual([]);
});

it('says which port is taken, and the setting for it', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(router, '127.0.0.1', resolve));
  try {
    const refused = await npmStart();
    expect(await refused.exited).toMatchObject({ code: 1 });
    expect(refused.logs()).toContain(
      `Port ${router} is taken. It is for the router: choose another with --port-router (setting router.listener_port)`,
    );
  } finally {
    await new Promise((resolve) => taken.close(resolve));
  }
});

it('keeps its data over kill −9 of the stack alone, and of every process at once', async () => {
  const first = await npmStart();
  await ready(first);
  await answers();
  await first.kill('SIGKILL');

  const second = await npmStart();
  await ready(second);
  await answers();
  const everything = childrenOnRecord();
  await second.kill('SIGKILL');
  for (const { pid } of everything) kill9(pid);

  const third = await npmStart();
  await ready(third);
  await answers();
  await third.kill('SIGTERM');
});

/** What the router's TLS port says to who trusts the development CA. */
function overTls(path: string): Promise<{ readonly protocol: string | undefined; readonly status: unknown }> {
  return new Promise((resolve, reject) => {
    const client = connect(`https://localhost:${routerTls}`, { ca: readFileSync(join(dataDir, 'tls/dev-ca.pem')) });
    client.once('error', reject);
    const stream = client.request({ ':path': path }).once('error', reject);
    stream.once('response', (headers) => {
      resolve({ protocol: client.alpnProtocol, status: headers[':status'] });
      client.close();
    });
    stream.resume();
  });
}

function npmStart(...more: readonly string[]): Promise<TrackedProcess> {
  return spawnTracked(process.execPath, [join(repository, 'tools/dev/main.ts'), '--data-dir', dataDir, ...portFlags, ...more]);
}

/** Its banner is printed. */
async function ready(started: TrackedProcess): Promise<void> {
  const found = await waitFor(() => (started.running() ? started.logs().includes('Tidegate is ready') && 'ready' : 'ended'), {
    timeoutMs: 120_000,
    what: 'the banner',
  });
  expect({ found, logs: started.logs() }).toMatchObject({ found: 'ready' });
}

function deploy(): Promise<{ readonly status: number; readonly text: string }> {
  const body = readFileSync(join(repository, 'examples/guide/petstore-api.json'), 'utf8');
  const headers = { authorization, 'content-type': 'application/json' };
  return ask(`http://localhost:${api}/rest-apis`, { method: 'POST', headers, body });
}

/** The API that was deployed is known to the controller and routed: without a key, its own 401 says so. */
async function answers(): Promise<void> {
  expect(await ask(`http://localhost:${api}/rest-apis/PetStoreAPI`, { headers: { authorization } })).toMatchObject({
    status: 200,
  });
  expect(await ask(`http://localhost:${router}/petstore/pet/1`)).toMatchObject({ status: 401 });
}

function childrenOnRecord(): readonly { readonly pid: number; readonly identity: string }[] {
  const entries = JSON.parse(readFileSync(join(dataDir, 'run.json'), 'utf8')) as { pid: number; identity: string }[];
  expect(entries.map(({ pid }) => processIdentity(pid))).not.toContain(null);
  return entries;
}

function kill9(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // it ended by itself when its stack did
  }
}
