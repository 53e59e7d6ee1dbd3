import { Agent, request } from 'node:http';

import { type Ground, startOurs, startPeer } from './contestants.ts';
import { median } from './rounds.ts';

/** 1 000 requests per second whatever the answers do, each timed from when it was due: latency free of coordinated omission. */
export async function p3Latency({ rounds, seconds, ...ground }: Ground & { readonly rounds: number; readonly seconds: number }) {
  const ours = await startOurs('tidegate', ground.dir, { upstreamPort: ground.upstreamPort, routes: 500 });
  const nginx = await startPeer('nginx', ground);
  const measured: Record<string, { p50Ms: number; p99Ms: number }>[] = [];
  try {
    const direct = { name: 'direct', url: `http://127.0.0.1:${ground.upstreamPort}` };
    for (let round = 0; round < rounds; round++) {
      const results: Record<string, { p50Ms: number; p99Ms: number }> = {};
      for (const { name, url } of [direct, ours, nginx]) results[name] = await askSteadily(`${url}/api-7/r-49/42`, seconds);
      measured.push(results);
    }
  } finally {
    await ours.stop();
    await nginx.stop();
  }
  const added = (name: string, figure: 'p50Ms' | 'p99Ms'): number =>
    median(measured.map((round) => (round[name]?.[figure] ?? NaN) - (round['direct']?.[figure] ?? NaN)));
  const ratio = (figure: 'p50Ms' | 'p99Ms'): number => added('tidegate', figure) / added('nginx', figure);
  return {
    ratio: ratio('p50Ms'),
    p99Ratio: ratio('p99Ms'),
    addedMs: { tidegate: added('tidegate', 'p50Ms'), nginx: added('nginx', 'p50Ms') },
    rounds: measured,
  };
}

const PER_SECOND = 1000;
const CONNECTIONS = 32;

async function askSteadily(url: string, seconds: number): Promise<{ p50Ms: number; p99Ms: number }> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const total = PER_SECOND * seconds;
  const latencies: number[] = [];
  const start = performance.now();
  await new Promise<void>((resolve, reject) => {
    let sent = 0;
    const tick = setInterval(() => {
      const due = Math.min(total, Math.floor(performance.now() - start));
      for (; sent < due; sent++) {
        const dueMs = start + sent;
        const asked = request(url, { agent }, (response) => {
          response.resume().once('end', () => {
            latencies.push(performance.now() - dueMs);
            if (latencies.length === total) resolve();
          });
        });
        asked.once('error', reject).end();
      }
      if (sent === total) clearInterval(tick);
    }, 1);
  });
  agent.destroy();
  const sorted = latencies.toSorted((a, b) => a - b);
  return { p50Ms: sorted[Math.floor(total * 0.5)] ?? NaN, p99Ms: sorted[Math.floor(total * 0.99)] ?? NaN };
}
