import { mkdtempSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { SampleNode } from '../apps/gateway-controller/src/discovery/sample-node.ts';
import { removeStack } from '../test/remove-stack.ts';
import { plainApi, stackClient, type StackClient } from '../test/stack-client.ts';
import { ask } from '../tools/dev/ask.ts';
import type { Stack } from '../tools/dev/stack.ts';
import { startStack } from '../tools/dev/start-stack.ts';

/**
 * P6 (1000 APIs) and P7 (`--apis 10000`): deploy to acknowledged by three routers. P12: revocation to the same. P11: bytes on the wire of one
 * router for one change. P16: time series of three routers and a controller. `npm run bench -- P6 [--apis 1000] [--changes 200]`.
 */
const { values } = parseArgs({
  args: process.argv.slice(2),
  options: { apis: { type: 'string', default: '1000' }, changes: { type: 'string', default: '200' } },
});
const apis = Number(values.apis);
const changes = Number(values.changes);
const KEY = 'an-enrolment-key-for-the-propagation-bench';
/** Beyond the bounds of a router's series, so that more would add none */
const REQUESTED_MAX = 2500;
const folder = mkdtempSync(join(tmpdir(), 'tidegate-propagation-'));
const extraConfig = { controller: { discovery: { enrolment_key: KEY } } };
const stack = await startStack({ dataDir: join(folder, 'data'), ports: 'free', routers: 3, simulator: false, extraConfig });
try {
  const client = stackClient(stack);
  await seed(client);
  console.log(`${apis} APIs, 3 routers, ${cpus()[0]?.model ?? ''}, Node ${process.version}`);
  await deploys(client);
  await revocations(client);
  await bytes(client, stack);
  await series(client, stack);
} finally {
  await removeStack(stack, folder);
}

async function seed(client: StackClient): Promise<void> {
  for (let from = 0; from < apis; from += 20) {
    const documents = Array.from({ length: Math.min(20, apis - from) }, (_, index) =>
      plainApi(`Seed${from + index}`, { operations: ['/', '/a', '/b', '/c', '/d'].map((path) => ({ method: 'GET', path })) }),
    );
    const { status } = await client.manage('PUT', '/rest-apis:apply', { documents });
    if (status !== 200) throw new Error(`The APIs from ${from} on were not taken: ${status}`);
  }
  for (let router = 0; router < 3; router++) await sameTable(client, router);
}

async function sameTable(client: StackClient, router: number): Promise<void> {
  while ((await client.applied(router)).hash !== (await client.applied(0)).hash) await sleep(20);
}

async function deploys(client: StackClient): Promise<void> {
  const slowest: number[] = [];
  for (let change = 0; change < changes; change++) {
    const { body } = await client.manage(
      'PUT',
      '/rest-apis/Seed0?wait=programmed',
      plainApi('Seed0', { context: `/seed0-${change}` }),
    );
    slowest.push(Math.max(...body.propagation.nodes.map((node) => (node as { ms?: number | null }).ms ?? Number.NaN)));
  }
  console.log(`P${apis >= 10_000 ? 7 : 6} commit to acknowledged by all three, ms: ${quantiles(slowest)}`);
}

async function revocations(client: StackClient): Promise<void> {
  const took: number[] = [];
  for (let round = 0; round < Math.min(changes, 100); round++) {
    await client.manage('POST', '/rest-apis/Seed1/api-keys?wait=programmed', { name: `k${round}` });
    const startedMs = performance.now();
    await client.manage('DELETE', `/rest-apis/Seed1/api-keys/k${round}?wait=programmed`);
    took.push(performance.now() - startedMs);
  }
  console.log(`P12 revocation asked to refused on all three, ms: ${quantiles(took)}`);
}

/** A node that is up to date, behind a line that counts. */
async function bytes(client: StackClient, { urls }: Stack): Promise<void> {
  const [host = '', port = ''] = urls.grpc.split(':');
  let counted = 0;
  const line = createServer((near) => {
    const far = connect({ host, port: Number(port) });
    near.pipe(far).on('error', () => near.destroy());
    far
      .on('data', (chunk) => (counted += chunk.length))
      .pipe(near)
      .on('error', () => far.destroy());
  });
  await new Promise<void>((resolve) => void line.listen(0, '127.0.0.1', resolve));
  const node = new SampleNode(`127.0.0.1:${(line.address() as AddressInfo).port}`, 'counted');
  node.connect((await node.join(KEY)).nodeCredential);
  while (Buffer.from(node.hash).toString('hex') !== (await client.applied()).hash) await sleep(20);
  const perChange: number[] = [];
  for (let change = 0; change < 20; change++) {
    const before = counted;
    const { version } = node;
    await client.manage('PUT', '/rest-apis/Seed2?wait=programmed', plainApi('Seed2', { context: `/seed2-${change}` }));
    while (node.version === version) await sleep(5);
    perChange.push(counted - before);
  }
  node.close();
  line.close();
  console.log(`P11 bytes to one router for one change among ${apis} APIs: ${quantiles(perChange)}`);
}

async function series(client: StackClient, { urls }: Stack): Promise<void> {
  for (let api = 3; api < Math.min(apis, REQUESTED_MAX); api += 10) {
    const paths = Array.from({ length: 10 }, (_, index) => `/seed${api + index}`);
    await Promise.all([0, 1, 2].flatMap((router) => paths.map((path) => client.call(path, {}, router))));
  }
  const pages = urls.routerAdmins.map((url) => ask(`${url}/metrics`, { timeoutMs: 30_000 }));
  const counts = (await Promise.all(pages)).map(({ text }) => text.split('\n').filter((row) => /^[a-z]/.test(row)).length);
  console.log(`P16 time series of three routers with ${Math.min(apis, REQUESTED_MAX)} APIs asked for: ${counts.join(' + ')}`);
}

function quantiles(figures: readonly number[]): string {
  const sorted = figures.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0).toFixed(0);
  return `p50 ${at(0.5)}, p99 ${at(0.99)}, max ${at(1)} of ${sorted.length}`;
}
