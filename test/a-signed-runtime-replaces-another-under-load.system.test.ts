import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { waitFor } from '@tidegate/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { Stack } from '../tools/dev/stack.ts';
import { startStack } from '../tools/dev/start-stack.ts';
import { bundleRuntime } from '../tools/release/bundle-runtime.ts';
import { signRelease, type SignedRelease } from '../tools/release/sign-release.ts';
import { removeStack } from './remove-stack.ts';
import { plainApi, stackClient, type StackClient } from './stack-client.ts';

/** Two signed runtimes that differ in an observable header, applied and rolled back on a real router while it is asked all the time. */

const folder = mkdtempSync(join(tmpdir(), 'tidegate-updates-'));
const pair = generateKeyPairSync('ed25519');
const publicKey = pair.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
let stack: Stack;
let client: StackClient;
let database: Client;
let code: string;

beforeAll(async () => {
  stack = await startStack({
    dataDir: join(folder, 'data'),
    ports: 'free',
    simulator: false,
    redis: false,
    extraConfig: {
      controller: { fleet: { runtime_key: publicKey, release_schedule_enabled: true } },
      router: { updates: { public_key: publicKey }, server_header: 'tidegate/$version' },
    },
  });
  client = stackClient(stack);
  database = new Client({ connectionString: stack.urls.database });
  await database.connect();
  code = await bundleRuntime();
  await client.manage('POST', '/rest-apis?wait=programmed', plainApi('Steady'));
});

const asking: { stop(): Promise<void> }[] = [];

afterAll(async () => {
  for (const traffic of asking) await traffic.stop();
  await database?.end();
  await removeStack(stack, folder);
});

async function manage(method: string, path: string, body?: unknown) {
  const { status, body: shown } = await client.manage(method, path, body);
  return { status, body: shown as unknown as Record<string, unknown> };
}

const release = (version: string, key = pair.privateKey): SignedRelease => signRelease(code, version, key);

function flipped(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  const at = bytes.length >> 1;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes.toString('base64');
}

async function operationOver(id: unknown) {
  return waitFor(
    async () => {
      const { body } = await manage('GET', `/operations/${String(id)}`);
      return body['state'] === 'open' ? null : body;
    },
    { what: 'the end of the operation', timeoutMs: 120_000 },
  );
}

/** Clients on kept and fresh connections, one request after the other; what each answer was, and by whom. */
function ask(url: string) {
  const answers = new Map<string, number>();
  const servers = new Set<string>();
  let over = false;
  let total = 0;
  const kept = new Agent({ keepAlive: true, maxSockets: 2 });
  const once = (agent: Agent | false) =>
    new Promise<string>((resolve) => {
      const request = get(url, { agent, ...(agent === false ? { headers: { connection: 'close' } } : {}) }, (response) => {
        servers.add(String(response.headers.server));
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => resolve(`${response.statusCode} ${Buffer.concat(chunks).toString()}`));
        response.on('error', (error) => resolve(error.message));
      });
      request.on('error', (error) => resolve(error.message));
    });
  const run = async (agent: Agent | false): Promise<void> => {
    while (!over) {
      const answer = await once(agent);
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
      total += 1;
    }
  };
  const running = [kept, kept, false as const, false as const].map(run);
  const traffic = {
    answers,
    servers,
    async more(count: number) {
      const target = total + count;
      await waitFor(() => total >= target, { what: `${count} more answers`, timeoutMs: 60_000 });
    },
    async stop() {
      over = true;
      await Promise.all(running);
      kept.destroy();
    },
  };
  asking.push(traffic);
  return traffic;
}

const serverNow = async () => (await fetch(`${stack.urls.routers[0]}/steady`)).headers.get('server');

/** The process that goes still takes connections for a moment; then nobody else answers. */
async function untilServedBy(server: string): Promise<void> {
  const alone = async () => {
    for (let asked = 0; asked < 20; asked += 1) if ((await serverNow()) !== server) return false;
    return true;
  };
  await waitFor(() => alone().catch(() => false), { what: `${server} alone`, timeoutMs: 60_000 });
}

it('refuses a runtime of another signer, and one with a flipped byte', async () => {
  const other = generateKeyPairSync('ed25519').privateKey;
  const refused = { status: 400, body: { code: 'RUNTIME_REFUSED' } };
  expect(await manage('POST', '/runtime-releases', release('1.0.1', other))).toMatchObject(refused);
  const good = release('1.0.1');
  for (const part of ['manifest', 'signature', 'bundle'] as const)
    expect(await manage('POST', '/runtime-releases', { ...good, [part]: flipped(good[part]) })).toMatchObject(refused);
  expect((await manage('GET', '/runtime-releases')).body['releases']).toEqual([]);
});

it('takes two releases and goes back, and no request fails or is answered by anything else', async () => {
  expect(await serverNow()).toBe('tidegate/0.1.0');
  const at = '/gateways/default/runtime';
  expect(await manage('POST', `${at}/apply`, {})).toMatchObject({ status: 409, body: { code: 'NO_PENDING_VERSION' } });
  expect(await manage('POST', '/runtime-releases', release('1.0.1'))).toMatchObject({ status: 201 });
  const traffic = ask(`${stack.urls.routers[0]}/steady`);
  await traffic.more(100);

  expect((await manage('GET', at)).body).toMatchObject({ current: '0.1.0', pending: { version: '1.0.1' }, rollback: null });
  const applied = await manage('POST', `${at}/apply`, {});
  expect(applied).toMatchObject({ status: 202 });
  expect(await operationOver((applied.body['operation'] as { id: string }).id)).toMatchObject({
    state: 'succeeded',
    kind: 'update',
  });
  await untilServedBy('tidegate/1.0.1');
  expect((await manage('GET', at)).body).toMatchObject({ current: '1.0.1', pending: null, rollback: '0.1.0' });
  await traffic.more(200);

  await manage('POST', '/runtime-releases', release('1.0.2'));
  const second = await manage('POST', `${at}/apply`, { version: '1.0.2' });
  expect(await operationOver((second.body['operation'] as { id: string }).id)).toMatchObject({ state: 'succeeded' });
  await untilServedBy('tidegate/1.0.2');

  const back = await manage('POST', `${at}/rollback`, {});
  expect(back).toMatchObject({ status: 202 });
  expect(await operationOver((back.body['operation'] as { id: string }).id)).toMatchObject({
    state: 'succeeded',
    kind: 'rollback',
  });
  await untilServedBy('tidegate/1.0.1');
  expect((await manage('GET', at)).body).toMatchObject({ current: '1.0.1', pending: null, rollback: null });
  await traffic.more(200);
  await traffic.stop();

  expect([...traffic.answers.keys()].filter((answer) => !answer.startsWith('200 '))).toEqual([]);
  expect(traffic.answers.size).toBe(1);
  expect([...traffic.servers].sort()).toEqual(['tidegate/0.1.0', 'tidegate/1.0.1', 'tidegate/1.0.2']);
});

it('a router refuses by itself what only the database says is a release, and serves on', async () => {
  const { manifest, signature, bundle } = release('1.0.9', generateKeyPairSync('ed25519').privateKey);
  await database.query(
    `INSERT INTO runtime_release (version, manifest, signature, bundle, available_from, published_by) VALUES ('1.0.9', $1, $2, $3, now(), 'somebody')`,
    [manifest, signature, bundle].map((text) => Buffer.from(text, 'base64')),
  );
  const applied = await manage('POST', '/gateways/default/runtime/apply', { version: '1.0.9' });
  const over = await operationOver((applied.body['operation'] as { id: string }).id);
  expect(over).toMatchObject({ state: 'failed', failure: expect.stringContaining('refused') });
  await untilServedBy('tidegate/1.0.1');
  await waitFor(async () => (await manage('GET', '/gateways/default/runtime')).body['current'] === '1.0.1', {
    what: 'the failed update to be taken back',
    timeoutMs: 60_000,
  });
});

it('after a crash the router starts with the runtime that it ran, and a restart makes it one process', async () => {
  await stack.process('router-1').kill('SIGKILL');
  await untilServedBy('tidegate/1.0.1');
  const { body } = await waitFor(
    async () => {
      const answer = await manage('POST', '/gateways/default/restart', {});
      return answer.status === 202 ? answer : null;
    },
    { what: 'a gateway that can be restarted', timeoutMs: 60_000 },
  );
  expect(await operationOver(body['id'])).toMatchObject({ state: 'succeeded' });
  await untilServedBy('tidegate/1.0.1');
});
