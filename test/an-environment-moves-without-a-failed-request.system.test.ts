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
  Object.assign(config.router, { listener_port: port, https_enabled: false, admin_port: 0, metrics_port: 0 });
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
  /** At least that many more answers */
  more(count: number): Promise<void>;
  /** No more requests; resolves when the last is answered */
  stop(): Promise<void>;
}

const PER_SECOND = 200;
/** Beyond that the machine does not keep up, and more would only queue. */
const UNDER_WAY_MAX = 400;

/** 200 requests in each second, as the clock says and not as answers come: half on kept connections, half on fresh ones. */
function ask(url: string): Traffic {
  const answers = new Map<string, number>();
  const kept = new Agent({ keepAlive: true, maxSockets: 8 });
  const startedAt = performance.now();
  let sent = 0;
  let answered = 0;
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
  const pacer = setInterval(() => {
    const due = Math.floor(((performance.now() - startedAt) / 1000) * PER_SECOND);
    for (; sent < due && sent - answered < UNDER_WAY_MAX; sent += 1) {
      void once(sent % 2 === 0 ? kept : false).then((answer) => {
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
        answered += 1;
      });
    }
  }, 5);
  const traffic: Traffic = {
    answers,
    async more(count) {
      const target = answered + count;
      await waitFor(() => answered >= target, { what: `${count} more answers from ${url}`, timeoutMs: 60_000 });
    },
    async stop() {
      clearInterval(pacer);
      await waitFor(() => answered === sent, { what: 'the last answers', timeoutMs: 60_000 });
      kept.destroy();
    },
  };
  clients.push(traffic);
  return traffic;
}

/** Through the three steps to the button. */
async function drafted(to: object): Promise<string> {
  const { id } = await manage('POST', '/environment-migrations', { environmentId: 'default' });
  const at = `/environment-migrations/${id as string}`;
  await manage('PUT', `${at}/steps/1`, { destination: to });
  for (const step of [2, 3]) await manage('PUT', `${at}/steps/${step}`, {});
  return at;
}

const until = (at: string, wanted: string) =>
  waitFor(async () => (await manage('GET', at)).state === wanted, { what: wanted, timeoutMs: 60_000 });

it('both URLs answer all the time, whoever dies, and a way back leaves the old one as it was', async () => {
  await client.manage('POST', '/rest-apis?wait=programmed', plainApi('Moving'));
  const old = ask(`${stack.urls.routers[0]}/moving`);
  await old.more(200);

  // There and back: the controller dies with the roll-back hardly begun.
  const back = await drafted({ gatewayId: 'west' });
  await manage('POST', `${back}/complete`, { overlapSeconds: 3600 });
  await until(back, 'overlap');
  const visited = ask(`${westUrl}/moving`);
  await Promise.all([old.more(200), visited.more(200)]);
  await visited.stop();
  await manage('POST', `${back}/rollback`);
  await stack.process('gateway-controller').kill('SIGKILL');
  await until(back, 'rolled_back');
  await waitFor(async () => (await fetch(`${westUrl}/moving`)).status === 404, { what: 'the new URL to end', timeoutMs: 30_000 });
  await old.more(200);

  // For good. The destination does not answer, so that the controller dies while it prepares.
  const at = await drafted({ gatewayId: 'west' });
  process.kill(west.pid, 'SIGSTOP');
  expect(await manage('POST', `${at}/complete`, { overlapSeconds: 3600, drainSeconds: 3600 })).toMatchObject({
    state: 'preparing',
  });
  await stack.process('gateway-controller').kill('SIGKILL');
  process.kill(west.pid, 'SIGCONT');
  await old.more(200);
  await until(at, 'overlap');

  const fresh = ask(`${westUrl}/moving`);
  await fresh.more(200);
  await stack.process('gateway-controller').kill('SIGKILL');
  await Promise.all([old.more(500), fresh.more(500)]);
  expect((await manage('GET', at)).state).toBe('overlap');
  // Draining ends when routers have nothing of it under way, not when an hour is over.
  await old.stop();
  await manage('POST', `${at}/finish-overlap`);
  await stack.process('gateway-controller').kill('SIGKILL');
  await until(at, 'completed');
  await waitFor(async () => (await client.call('/moving')).status === 404, { what: 'the old URL to end', timeoutMs: 30_000 });
  await fresh.more(200);
  await fresh.stop();

  // One and the same answer, every time, on both sides.
  expect([...old.answers.keys()].filter((answer) => !answer.startsWith('200 '))).toEqual([]);
  expect(old.answers.size).toBe(1);
  for (const { answers } of [visited, fresh]) expect([...answers.keys()]).toEqual([...old.answers.keys()]);
});
