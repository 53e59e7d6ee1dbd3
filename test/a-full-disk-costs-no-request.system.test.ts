import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type AppProcess, freePort, startApp, waitFor } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { ask } from '../tools/dev/ask.ts';
import type { Stack } from '../tools/dev/stack.ts';
import { startStack } from '../tools/dev/start-stack.ts';
import { removeStack } from './remove-stack.ts';
import { plainApi, stackClient, type StackClient } from './stack-client.ts';

/** A router whose state directory is a small disk of its own: full, and then read-only. */

const KEY = 'an-enrolment-key-for-the-full-disk-test';
const folder = mkdtempSync(join(tmpdir(), 'tidegate-full-disk-'));
const disk = join(folder, 'disk');
let stack: Stack;
let client: StackClient;
let router: AppProcess;
let port: number;

beforeAll(async () => {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    throw new Error('This test mounts a small disk (tmpfs): it needs Linux and root, in a container CAP_SYS_ADMIN');
  mkdirSync(disk);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', disk]);
  const extraConfig = { controller: { discovery: { enrolment_key: KEY, heartbeat: '500ms', lease: '3s' } } };
  stack = await startStack({ dataDir: join(folder, 'data'), ports: 'free', simulator: false, redis: false, extraConfig });
  client = stackClient(stack);
  const policies = [{ name: 'api-key-auth', version: 'v1', params: { key: 'X-API-Key', in: 'header' } }];
  await client.manage('POST', '/rest-apis', plainApi('Keyed', { policies }));
  await client.manage('POST', '/rest-apis', plainApi('Steady'));
  router = await start(stack.urls.grpc);
});

afterAll(async () => {
  await router?.kill();
  if (existsSync(disk)) execFileSync('umount', ['-l', disk]);
  await removeStack(stack, folder);
});

async function start(address: string): Promise<AppProcess> {
  port = await freePort();
  const started = await startApp('router', {
    config: {
      router: {
        listener_port: port,
        admin_port: 0,
        metrics_port: 0,
        drain_delay: '0s',
        discovery: { address, node_id: 'small', state_dir: disk, join_token: KEY },
        upstream: {
          host_overrides: { 'petstore.example.com': new URL(stack.urls.petstore).host },
          tls: { ca_file: stack.files.devCa },
        },
      },
    },
  });
  await waitFor(async () => (await status('/_gateway-health/ready')) === 200, {
    timeoutMs: 60_000,
    what: 'the router to be ready',
  });
  return started;
}

async function status(path: string, headers: Record<string, string> = {}): Promise<number> {
  return (await ask(`http://127.0.0.1:${port}${path}`, { headers })).status;
}

function becomes(path: string, expected: number, headers: Record<string, string> = {}): Promise<unknown> {
  return waitFor(async () => (await status(path, headers)) === expected, {
    timeoutMs: 30_000,
    what: `${path} to answer ${expected}`,
  });
}

function fill(): void {
  const { bavail, bsize } = statfsSync(disk);
  writeFileSync(join(disk, 'junk'), Buffer.alloc(bavail * bsize));
}

/** Differences that `tidegate verify` names of this router. */
async function named(): Promise<string> {
  const { body } = await client.manage('GET', '/verify');
  const { differences } = body as unknown as { differences: { subject: string; code: string; message: string }[] };
  return differences
    .filter(({ subject }) => subject === 'router small')
    .map(({ code }) => code)
    .join();
}

const FAULTS: readonly (readonly [string, () => void, () => void])[] = [
  ['full', fill, () => rmSync(join(disk, 'junk'))],
  [
    'read-only',
    () => void execFileSync('mount', ['-o', 'remount,ro', disk]),
    () => void execFileSync('mount', ['-o', 'remount,rw', disk]),
  ],
];

it.each(FAULTS)(
  'on a %s disk changes are served, revoked keys refused, the failure told; with room again all is kept',
  async (name, damage, mend) => {
    const { body } = await client.manage('POST', '/rest-apis/Keyed/api-keys?wait=programmed', { name: `key-${name}` });
    const key = { 'x-api-key': body.key };
    await becomes('/keyed', 200, key);
    damage();
    await client.manage('POST', '/rest-apis', plainApi(`While-${name}`));
    await becomes(`/while-${name}`, 200);
    await router.waitForLog(/The last-good copy could not be written/);
    // A revocation that cannot be made durable holds at once, but is not claimed: the receipt stays open
    await client.manage('DELETE', `/rest-apis/Keyed/api-keys/key-${name}`);
    await becomes('/keyed', 401, key);
    await waitFor(async () => (await named()) === 'behind', { timeoutMs: 30_000, what: 'the router to be named' });
    expect(await status('/steady')).toBe(200);

    mend();
    await waitFor(async () => (await named()) === '', { timeoutMs: 60_000, what: 'the router to have everything durable' });
    await client.manage('POST', '/rest-apis', plainApi(`After-${name}`));
    await becomes(`/after-${name}`, 200);
    await waitFor(async () => (await named()) === '', { timeoutMs: 60_000, what: 'the change to be acknowledged' });
    await router.kill('SIGKILL');
    router = await start('localhost:1');
    expect([await status('/steady'), await status('/keyed', key)]).toEqual([200, 401]);
    await router.kill('SIGTERM');
    router = await start(stack.urls.grpc);
  },
);
