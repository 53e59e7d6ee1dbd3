import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { waitFor } from '@tidegate/testkit';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';

import { outage } from '../tools/chaos/outage.ts';
import { refusedOne } from '../tools/chaos/refused-one.ts';
import { startStack } from '../tools/dev/start-stack.ts';
import type { Stack } from '../tools/dev/stack.ts';
import { removeStack } from './remove-stack.ts';
import { plainApi, stackClient, type StackClient, synced } from './stack-client.ts';

/**
 * R3, R4, R5, R8 and R9 of the goals in their short form (`npm run test:chaos -- --scenario outage|refused-one` is the long one): an APIM
 * that answers wrongly, late, or not at all, and what it holds in the end.
 */

const folder = mkdtempSync(join(tmpdir(), 'tidegate-apim-faults-'));
const seed = Number(process.env['TIDEGATE_CHAOS_SEED'] ?? Date.now() % 1_000_000);
const SETTLE_MS = 120_000;
/** apim_sync.concurrency */
const AT_ONCE = 4;
let stack: Stack;
let client: StackClient;

beforeAll(async () => {
  const controlplane = { http_timeout: '2s', retry_initial: '100ms', retry_max: '1s', attempts_max: 100, reconnect_max: '1s' };
  const extraConfig = { apim_sync: { lease: '6s', concurrency: AT_ONCE }, controller: { controlplane } };
  stack = await startStack({ dataDir: join(folder, 'data'), ports: 'free', extraConfig });
  client = stackClient(stack);
});

afterEach(() => client.clearRules());

afterAll(() => removeStack(stack, folder));

it('one that APIM always refuses is parked with its reason after one try, and nobody else waits for it (R8)', async () => {
  const { synced, refused, triesOfRefused } = await refusedOne(client, { apis: 25, settleMs: SETTLE_MS });
  expect(synced).toBe(24);
  expect(refused).toMatchObject({
    cpSyncStatus: 'failed',
    cpSyncInfo: {
      phase: 'parked',
      reason: 'import_refused',
      message: expect.stringContaining('No endpoint of that kind') as string,
    },
  });
  expect(triesOfRefused).toBe(1);
});

it(`three calls in ten go wrong in every way there is: everything arrives once, few at a time (R3, TIDEGATE_CHAOS_SEED=${seed})`, async () => {
  const faults = [
    { endpoint: 'any', fault: { kind: 'status', status: 500 } },
    { endpoint: 'any', fault: { kind: 'status', status: 502 } },
    { endpoint: 'any', fault: { kind: 'status', status: 503, retry_after: '1' } },
    { endpoint: 'any', fault: { kind: 'status', status: 429, retry_after: '1' } },
    { endpoint: 'any', fault: { kind: 'reset' } },
    { endpoint: 'any', fault: { kind: 'hang' } },
    { endpoint: 'any', fault: { kind: 'slow-body', ms: 3000 } },
    { endpoint: 'any', fault: { kind: 'garbage' } },
    { endpoint: 'import', fault: { kind: 'commit-then-reset' } },
    { endpoint: 'import', fault: { kind: 'commit-then-hang' } },
  ];
  const { exchanges: before } = await client.apim();
  for (const [index, rule] of faults.entries()) await client.inject({ ...rule, chance: 0.04, seed: seed + index });
  const names = Array.from({ length: 12 }, (_, index) => `Flaky${index}`);
  await Promise.all(names.map((name) => client.manage('POST', '/rest-apis', plainApi(name))));
  for (const name of names) await synced(client, name, 1, SETTLE_MS);
  const { apis, exchanges } = await client.apim();
  for (const name of names) expect(apis.filter((api) => api.name === name)).toHaveLength(1);
  const since = before.at(-1)?.seq ?? 0;
  const imports = (exchanges as unknown as readonly Timed[]).filter(
    ({ seq, endpoint, ms }) => seq > since && endpoint === 'import' && ms !== null,
  );
  expect(mostAtOnce(imports)).toBeLessThanOrEqual(AT_ONCE);
});

it('reads that lag behind writes, and tokens that expire in mid-way, cost neither an API nor a double (R4)', async () => {
  await client.control('POST', '/behaviour', { hide_new: '5s' });
  await client.inject({ endpoint: 'import', containing: 'Hidden-v1.0/', fault: { kind: 'commit-then-reset' }, times: 1 });
  await client.manage('POST', '/rest-apis', plainApi('Hidden'));
  await client.control('POST', '/tokens/expire');
  await client.manage('POST', '/rest-apis', plainApi('Expired'));
  for (const name of ['Hidden', 'Expired']) await synced(client, name, 1, SETTLE_MS);
  await client.control('POST', '/behaviour', { hide_new: '0s' });
  const { apis } = await client.apim();
  for (const name of ['Hidden', 'Expired']) {
    const held = apis.filter((api) => api.name === name);
    expect(held).toHaveLength(1);
    expect(held[0]?.revisionsMade).toBeLessThanOrEqual(2);
  }
});

it('edited while it is pushed slowly: both versions arrive, in order, and success is never said too soon (R9)', async () => {
  await client.inject({ endpoint: 'import', containing: 'Slow-v1.0/', fault: { kind: 'delay', ms: 1500 }, times: 1 });
  await client.manage('POST', '/rest-apis', plainApi('Slow'));
  await waitFor(async () => (await generationsSent('Slow')).length === 1, { timeoutMs: SETTLE_MS, what: 'the import to arrive' });
  await client.manage('PUT', '/rest-apis/Slow', plainApi('Slow', { context: '/slow-edited' }));
  const tooSoon: unknown[] = [];
  await waitFor(
    async () => {
      const { body } = await client.manage('GET', '/rest-apis/Slow');
      if (body.cpSyncStatus !== 'success') return false;
      const held = (await client.apim()).apis.find(({ name }) => name === 'Slow');
      if (held?.properties['tidegate_generation'] !== '2') tooSoon.push(body.cpSyncInfo);
      return body.cpSyncInfo.generation === 2;
    },
    { timeoutMs: SETTLE_MS, what: 'the edit to be in APIM' },
  );
  expect(tooSoon).toEqual([]);
  expect(await generationsSent('Slow')).toEqual(['1', '2']);
});

it('twenty APIs edited again and again while APIM is away: at most two imports each when it is back, the last state last (R5)', async () => {
  const { imports, behind } = await outage(stack, client, { apis: 20, editsPerApi: 5, settleMs: SETTLE_MS });
  expect(behind).toEqual([]);
  expect(imports).toBeLessThanOrEqual(40);
});

interface Timed {
  readonly seq: number;
  readonly endpoint: string;
  readonly at: string;
  /** null = not over */
  readonly ms: number | null;
  readonly body: unknown;
}

function mostAtOnce(exchanges: readonly Timed[]): number {
  const spans = exchanges.map(({ at, ms }) => ({ from: Date.parse(at), to: Date.parse(at) + (ms ?? 0) }));
  return Math.max(0, ...spans.map(({ from }) => spans.filter((other) => other.from <= from && from < other.to).length));
}

/** Of the imports of one API, in the order in which they arrived. */
async function generationsSent(name: string): Promise<readonly string[]> {
  const exchanges = (await client.apim()).exchanges as unknown as readonly Timed[];
  return exchanges.flatMap(({ endpoint, body }) => {
    if (endpoint !== 'import') return [];
    const [part] = body as readonly {
      readonly api?: { readonly name: string; readonly properties: readonly { name: string; value: string }[] };
    }[];
    if (part?.api?.name !== name) return [];
    return part.api.properties.flatMap((each) => (each.name === 'tidegate_generation' ? [each.value] : []));
  });
}
