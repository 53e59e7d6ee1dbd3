import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { startStack } from '../tools/dev/start-stack.ts';
import type { Stack } from '../tools/dev/stack.ts';
import { removeStack } from '../test/remove-stack.ts';
import { plainApi, stackClient } from '../test/stack-client.ts';

/**
 * How long a deploy takes: `npm run bench -- deploy-latency [--apis 50] [--no-redis]`.
 *
 * One API after the other against a whole stack on this machine. From the moment the POST is sent:
 *   answered   201 received (committed)
 *   live       first 200 through the router, asked again and again over one kept connection
 *   in APIM    first time the simulated APIM lists the API; asked every few milliseconds, so up to 5 ms late
 *   success    cpSyncStatus says so, asked in the same way
 * and, for a key of each API: revoked = DELETE sent → first 401 through the router.
 */
const { values } = parseArgs({
  options: { apis: { type: 'string', default: '50' }, 'no-redis': { type: 'boolean', default: false } },
});
const agent = new Agent({ keepAlive: true, maxSockets: 2 });
const folder = mkdtempSync(join(tmpdir(), 'tidegate-deploy-latency-'));
const stack = await startStack({ dataDir: join(folder, 'data'), ports: 'free', redis: !values['no-redis'] });
try {
  await measure(stack, Number(values.apis));
} finally {
  await removeStack(stack, folder);
  agent.destroy();
}

type Figure = 'answered' | 'live' | 'in APIM' | 'success' | 'revoked';

async function measure(running: Stack, apis: number): Promise<void> {
  const client = stackClient(running);
  const router = running.urls.routers[0] as string;
  const figures: Record<Figure, number[]> = { answered: [], live: [], 'in APIM': [], success: [], revoked: [] };
  for (let index = 0; index < apis; index++) {
    const name = `Latency${index}`;
    const policies = [{ name: 'api-key-auth', version: 'v1', params: { key: 'X-API-Key', in: 'header' } }];
    const sent = performance.now();
    const since = (): number => performance.now() - sent;
    const watching = Promise.all([
      // the key is asked for only by an API that is there: 401 instead of 404 is live
      until(async () => (await status(`${router}/${name.toLowerCase()}`)) === 401, 0).then(since),
      until(async () => (await client.apim()).apis.some((api) => api.name === name), 5).then(since),
    ]);
    const { body } = await client.manage('POST', '/rest-apis', plainApi(name, { policies }));
    figures.answered.push(since());
    await until(async () => (await client.manage('GET', `/rest-apis/${name}`)).body.cpSyncStatus === 'success', 5);
    figures.success.push(since());
    const [live, inApim] = await watching;
    figures.live.push(live);
    figures['in APIM'].push(inApim);
    figures.revoked.push(await revocation(client, router, name, body.uuid));
  }
  report(apis, figures);
}

async function revocation(client: ReturnType<typeof stackClient>, router: string, name: string, id: string): Promise<number> {
  const { body } = await client.manage('POST', `/rest-apis/${id}/api-keys?wait=programmed`, { name: 'bench-key' });
  const url = `${router}/${name.toLowerCase()}`;
  const headers = { 'x-api-key': body.key };
  await until(async () => (await status(url, headers)) === 200, 0);
  const sent = performance.now();
  const refused = until(async () => (await status(url, headers)) === 401, 0).then(() => performance.now() - sent);
  await client.manage('DELETE', `/rest-apis/${id}/api-keys/bench-key`);
  return refused;
}

async function until(condition: () => Promise<boolean>, pauseMs: number): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error('Waited 30 s in vain');
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

function status(url: string, headers: Record<string, string> = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, headers }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    });
    asked.once('error', reject).end();
  });
}

function report(apis: number, figures: Record<Figure, number[]>): void {
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
  const redis = values['no-redis'] ? 'without Redis' : 'with Redis';
  console.log(
    `${apis} deploys one after the other, ${redis}, ms; commit ${commit}, Node ${process.version}, ${cpus()[0]?.model}`,
  );
  for (const [name, measured] of Object.entries(figures)) {
    const sorted = measured.toSorted((a, b) => a - b);
    const at = (share: number): string => (sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN).toFixed(0);
    console.log(`${name.padEnd(9)} min ${at(0)}  median ${at(0.5)}  p99 ${at(0.99)}  max ${at(1)}`);
  }
}
