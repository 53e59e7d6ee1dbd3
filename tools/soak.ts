import { mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { removeStack } from '../test/remove-stack.ts';
import { plainApi, stackClient, type StackClient } from '../test/stack-client.ts';
import { buildStaleApps } from './build/build-stale-apps.ts';
import { ask } from './dev/ask.ts';
import type { Stack } from './dev/stack.ts';
import { startStack } from './dev/start-stack.ts';
import { type Sample, slopes } from './soak/slopes.ts';

/**
 * `npm run soak -- [--minutes 30] [--rps 200] [--no-kills]`: requests, deploys, key churn and kills for a long time, on one machine; then
 * how memory, descriptors and loop delay of each process went. Ends with 1 when a request failed or something grew without end.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    rps: { type: 'string', default: '200' },
    'no-kills': { type: 'boolean', default: false },
  },
});
const SAMPLE_MS = 5000;
const KILL_EVERY_MS = 60_000;
/** Of the second half of the run: a process that is warm grows no more than this. */
const RSS_KIB_PER_MINUTE_MAX = 1024;
const DESCRIPTORS_PER_MINUTE_MAX = 1;
const WATCHED = ['gateway-controller', 'apim-sync', 'router-1', 'router-2'];

await buildStaleApps();
const folder = mkdtempSync(join(tmpdir(), 'tidegate-soak-'));
const stack = await startStack({ dataDir: join(folder, 'data'), ports: 'free', routers: 2 });
const endMs = performance.now() + Number(values.minutes) * 60_000;
try {
  const client = stackClient(stack);
  await client.manage('POST', '/rest-apis?wait=programmed', plainApi('Steady'));
  const samples: Sample[] = [];
  const [traffic] = await Promise.all([
    requests(stack),
    changes(client),
    sampling(stack, samples),
    ...(values['no-kills'] ? [] : [kills(stack)]),
  ]);
  report(samples, traffic);
} finally {
  await removeStack(stack, folder);
}

function over(): boolean {
  return performance.now() >= endMs;
}

/** On a schedule, whether or not answers come: what is late counts. Router 1 is never killed, router 2 is. */
async function requests({ urls }: Stack): Promise<{ answered: number; failed: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const counts = { answered: 0, failed: 0 };
  const one = (): Promise<void> =>
    new Promise((resolve) => {
      const sent = get(`${urls.routers[0]}/steady`, { agent, timeout: 20_000 }, (response) => {
        counts[response.statusCode === 200 ? 'answered' : 'failed'] += 1;
        response.resume().once('end', resolve).once('error', resolve);
      });
      sent.once('timeout', () => sent.destroy(new Error('no answer')));
      sent.once('error', () => {
        counts.failed += 1;
        resolve();
      });
    });
  const pending = new Set<Promise<void>>();
  for (let dueMs = performance.now(); !over(); dueMs += 1000 / Number(values.rps)) {
    await sleep(Math.max(0, dueMs - performance.now()));
    const asked: Promise<void> = one().finally(() => pending.delete(asked));
    pending.add(asked);
  }
  await Promise.all(pending);
  agent.destroy();
  return counts;
}

/** One edit, one new API, one key and one deletion a second; refusals while something is down are the point, not a failure. */
async function changes(client: StackClient): Promise<void> {
  for (let turn = 0; !over(); turn++) {
    const name = `Soak${turn % 50}`;
    const change = async (): Promise<void> => {
      await client.manage('PUT', '/rest-apis:apply', { documents: [plainApi(name, { version: `v1.${turn}` })] });
      await client.manage('POST', `/rest-apis/${name}/api-keys`, { name: `k${turn}` });
      await client.manage('DELETE', `/rest-apis/${name}/api-keys/k${turn}`);
      if (turn % 5 === 4) await client.manage('DELETE', `/rest-apis/Soak${(turn - 2) % 50}`);
    };
    await change().catch(() => undefined);
    await sleep(1000);
  }
}

async function kills({ process: processOf }: Stack): Promise<void> {
  const victims = ['router-2', 'gateway-controller', 'apim-sync', 'postgres'];
  for (let turn = 0; !over(); turn++) {
    await sleep(Math.min(KILL_EVERY_MS, Math.max(0, endMs - performance.now())));
    if (!over()) await processOf(victims[turn % victims.length] ?? '').kill('SIGKILL');
  }
}

async function sampling(running: Stack, samples: Sample[]): Promise<void> {
  while (!over()) {
    for (const name of WATCHED) {
      const pid = running.process(name).pid();
      if (pid === null) continue;
      const sample = await sampleOf(running, name, pid).catch(() => null);
      if (sample !== null) samples.push(sample);
    }
    await sleep(SAMPLE_MS);
  }
}

/** Linux only, as the figures of others are. */
async function sampleOf({ urls }: Stack, name: string, pid: number): Promise<Sample> {
  const [, rssKib = '0'] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  const index = name.startsWith('router-') ? Number(name.slice('router-'.length)) - 1 : null;
  const text = index === null ? '' : (await ask(`${urls.routerAdmins[index]}/metrics`)).text;
  const lag = /^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(text)?.[1];
  return {
    process: `${name}/${pid}`,
    atMs: performance.now(),
    rssKib: Number(rssKib),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    loopDelayMs: lag === undefined ? null : Number(lag) * 1000,
  };
}

function report(samples: readonly Sample[], { answered, failed }: { answered: number; failed: number }): void {
  console.log(
    `${values.minutes} minutes on ${cpus()[0]?.model ?? 'this machine'}, Node ${process.version}: ${answered} answered, ${failed} failed`,
  );
  let grows = false;
  for (const line of slopes(samples)) {
    const isLong = line.minutes >= 2;
    const bad =
      isLong && (line.rssKibPerMinute > RSS_KIB_PER_MINUTE_MAX || line.descriptorsPerMinute > DESCRIPTORS_PER_MINUTE_MAX);
    grows ||= bad;
    console.log(`${bad ? 'GROWS ' : ''}${JSON.stringify(line)}`);
  }
  process.exitCode = failed > 0 || grows ? 1 : 0;
}
