import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { waitFor } from '@tidegate/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import type { Stack } from '../tools/dev/stack.ts';
import { startStack } from '../tools/dev/start-stack.ts';
import { removeStack } from './remove-stack.ts';
import { plainApi, stackClient, type StackClient } from './stack-client.ts';

/** Whatever dies between a commit and its answer: what was answered 2xx is there, served, and there once. */

const folder = mkdtempSync(join(tmpdir(), 'tidegate-never-lost-'));
let stack: Stack;
let client: StackClient;

beforeAll(async () => {
  stack = await startStack({ dataDir: join(folder, 'data'), ports: 'free', simulator: false, redis: false });
  client = stackClient(stack);
});

afterAll(() => removeStack(stack, folder));

it('a controller killed between commit and answer: the write stands once, is served, and a repetition is told so', async () => {
  // The router does not answer, so that the controller waits after the commit
  stack.process('router-1').signal('SIGSTOP');
  const asked = client.manage('POST', '/rest-apis?wait=programmed', plainApi('Unanswered')).then(
    ({ status }) => status,
    () => 'no answer',
  );
  const database = new Client({ connectionString: stack.urls.database });
  await database.connect();
  const committed = async () => (await database.query(`SELECT 1 FROM api WHERE handle = 'Unanswered'`)).rowCount === 1;
  await waitFor(committed, { what: 'the commit' });
  await stack.process('gateway-controller').kill('SIGKILL');
  stack.process('router-1').signal('SIGCONT');
  expect(await asked).toBe('no answer');
  await database.end();

  const again = await answered(() => client.manage('POST', '/rest-apis', plainApi('Unanswered')));
  expect(again).toMatchObject({ status: 409, body: { code: 'duplicate_handle' } });
  await waitFor(async () => (await client.call('/unanswered')).status === 200, { timeoutMs: 30_000, what: 'it to be served' });
  expect(await handles()).toEqual(['Unanswered']);
});

it('PostgreSQL killed and restarted under writes: every 2xx is there, and every other answer says to try again', async () => {
  const accepted: string[] = [];
  const others = new Set<number>();
  let over = false;
  const writer = async (name: string) => {
    for (let count = 0; !over; count++) {
      const handle = `${name}n${count}`;
      const answer = await client.manage('POST', '/rest-apis', plainApi(handle)).catch(() => null);
      if (answer === null) continue;
      if (answer.status === 201) accepted.push(handle);
      else others.add(answer.status);
      // Down is down: no need to ask a thousand times
      if (answer.status !== 201) await sleep(50);
    }
  };
  const writers = ['A', 'B', 'C', 'D'].map(writer);
  for (const signal of ['SIGKILL', 'SIGINT', 'SIGKILL'] as const) {
    const enough = accepted.length + 20;
    await waitFor(() => accepted.length >= enough, { timeoutMs: 60_000, what: 'writes to go through' });
    await stack.process('postgres').kill(signal);
  }
  const enough = accepted.length + 20;
  await waitFor(() => accepted.length >= enough, { timeoutMs: 60_000, what: 'writes to go through again' });
  over = true;
  await Promise.all(writers);

  const there = new Set(await handles());
  expect(accepted.filter((handle) => !there.has(handle))).toEqual([]);
  expect([...others].filter((status) => status !== 503)).toEqual([]);
  const last = await client.manage('POST', '/rest-apis?wait=programmed', plainApi('Last'));
  expect(last.body.propagation.state).toBe('programmed');
  const missing: string[] = [];
  for (const handle of accepted) if ((await client.call(`/${handle.toLowerCase()}`)).status !== 200) missing.push(handle);
  expect(missing).toEqual([]);
});

/** The first answer once the controller is back. */
async function answered(call: () => ReturnType<StackClient['manage']>) {
  return waitFor(() => call().catch(() => null), { timeoutMs: 30_000, what: 'the controller to be back' });
}

async function handles(): Promise<string[]> {
  const { body } = await client.manage('GET', '/rest-apis');
  return (body as unknown as { apis: { metadata: { name: string } }[] }).apis.map(({ metadata }) => metadata.name);
}
