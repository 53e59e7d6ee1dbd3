import { mkdtempSync, readFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type AppProcess, freePort, startApp, waitFor } from '@tidegate/testkit';
import { parse } from 'smol-toml';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { Stack } from '../tools/dev/stack.ts';
import { startStack } from '../tools/dev/start-stack.ts';
import { removeStack } from './remove-stack.ts';
import { plainApi, stackClient, type StackClient } from './stack-client.ts';

/** Between two gateways with real routers, under traffic, with the controller killed in the middle of every state that it drives. */

const folder = mkdtempSync(join(tmpdir(), 'tidegate-moves-'));
let stack: Stack;
let client: StackClient;
/** The router of the second gateway */
let west: AppProcess;
let westUrl: string;

beforeAll(async () => {
  stack = await startStack({ dataDir: join(folder, 'data'), ports: 'free', simulator: false, redis: false });
  client = stackClient(stack);
  await client.manage('POST', '/gateways', { name: 'west' });
  const { body } = await client.manage('POST', '/gateways/west/join-tokens', {});
  const config = parse(readFileSync(join(folder, 'data/config/router-1.toml'), 'utf8')) as RouterConfig;
  const port = await freePort();
  Object.assign(config.router, { listener_port: port, admin_port: await freePort(), metrics_port: await freePort() });
  Object.assign(config.router.discovery, {
    node_id: 'west-1',
    state_dir: join(folder, 'west'),
    join_token: (body as unknown as { token: string }).token,
  });
  west = await startApp('router', { config });
  await west.waitForLog(/Connected to the controller/);
  westUrl = `http://127.0.0.1:${port}`;
  await waitFor(async () => (await manage('GET', '/gateways/west/status')).state === 'ONLINE', {
    what: 'west online',
    timeoutMs: 30_000,
  });
});

const clients: Traffic[] = [];

afterAll(async () => {
  for (const one of clients) await one.stop();
  await west?.kill();
  await removeStack(stack, folder);
});

type RouterConfig = Record<string, unknown> & { router: Record<string, unknown> & { discovery: Record<string, unknown> } };

/** Asks until the controller answers: it is killed in between. */
async function manage(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
  const asked = () =>
    client.manage(method, path, body).then(
      (answer) => (answer.status < 500 ? answer : null),
      () => null,
    );
  const { body: shown } = await waitFor(asked, { what: `an answer to ${method} ${path}`, timeoutMs: 40_000 });
  return shown as unknown as Record<string, unknown>;
}

interface Traffic {
  readonly answers: Map<string, number>;
  /** At least that many more answers, then no more requests; resolves when the last is answered */
  stop(): Promise<void>;
  more(count: number): Promise<void>;
}

/** Four clients, two on kept connections and two on fresh ones, one request after the other. */
function ask(url: string): Traffic {
  const answers = new Map<string, number>();
  let over = false;
  let total = 0;
  const kept = new Agent({ keepAlive: true, maxSockets: 2 });
  const once = (agent: Agent | false) =>
    new Promise<string>((resolve) => {
      const request = get(url, { agent, ...(agent === false ? { headers: { connection: 'close' } } : {}) }, (response) => {
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
  const traffic: Traffic = {
    answers,
    async more(count) {
      const target = total + count;
      await waitFor(() => total >= target, { what: `${count} more answers from ${url}`, timeoutMs: 60_000 });
    },
    async stop() {
      over = true;
      await Promise.all(running);
      kept.destroy();
    },
  };
  clients.push(traffic);
  return traffic;
}

it('both URLs answer all the time, whoever dies, and the old one ends after the overlap', async () => {
  await client.manage('POST', '/rest-apis?wait=programmed', plainApi('Moving'));
  const old = ask(`${stack.urls.routers[0]}/moving`);
  await old.more(200);

  const { id } = await manage('POST', '/environment-migrations', { environmentId: 'default' });
  const at = `/environment-migrations/${id as string}`;
  const state = async () => (await manage('GET', at)).state;
  const until = (wanted: string) => waitFor(async () => (await state()) === wanted, { what: wanted, timeoutMs: 60_000 });
  await manage('PUT', `${at}/steps/1`, { destination: { gatewayId: 'west' } });
  await manage('PUT', `${at}/steps/2`, {});
  await manage('PUT', `${at}/steps/3`, {});

  // The destination does not answer, so that the controller dies while it prepares.
  process.kill(west.pid, 'SIGSTOP');
  expect(await manage('POST', `${at}/complete`, { overlapSeconds: 3600, drainSeconds: 0 })).toMatchObject({ state: 'preparing' });
  await stack.process('gateway-controller').kill('SIGKILL');
  process.kill(west.pid, 'SIGCONT');
  await old.more(200);
  await until('overlap');

  const fresh = ask(`${westUrl}/moving`);
  await fresh.more(200);
  await stack.process('gateway-controller').kill('SIGKILL');
  await Promise.all([old.more(500), fresh.more(500)]);
  expect(await state()).toBe('overlap');
  await old.stop();
  await manage('POST', `${at}/finish-overlap`);
  await stack.process('gateway-controller').kill('SIGKILL');
  await until('completed');
  await waitFor(async () => (await client.call('/moving')).status === 404, { what: 'the old URL to end', timeoutMs: 30_000 });
  await fresh.more(200);
  await fresh.stop();

  // One and the same answer, every time, on both sides.
  expect([...old.answers.keys()]).toHaveLength(1);
  expect([...old.answers.keys()][0]).toMatch(/^200 /);
  expect([...fresh.answers.keys()]).toEqual([...old.answers.keys()]);
});
