import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { type Contestant, type Ground, type PeerName, startOurs, startPeer, startUploadSink } from './contestants.ts';
import { interleaved, mediansOf, ratioOf, type RoundOptions } from './rounds.ts';

export interface Measuring extends Ground {
  readonly rounds: number;
  readonly seconds: number;
  readonly keepGoing: boolean;
  /** More than the goal's own */
  readonly peers: readonly PeerName[];
}

const PLAIN = '/api-7/r-49/42';

/** Plain route, 1 KiB of JSON, 64 connections that stay. */
export async function p1(measuring: Measuring) {
  const peers: PeerName[] = ['nginx', 'nginx-lean', 'haproxy', ...measuring.peers];
  return against(measuring, { peers, baseline: 'nginx', table: { routes: 500 }, load: { connections: 64, path: PLAIN } });
}

/** 1 000 routes, API key out of 1 000, limit per key, access line; nginx + Lua does the same. */
export async function p2(measuring: Measuring) {
  const load = { connections: 64, path: PLAIN, headers: ['X-API-Key: bench-key-500'] };
  const table = { routes: 1000, policies: true, accessLog: true };
  return against(measuring, { peers: ['nginx-lua', 'nginx'], baseline: 'nginx-lua', table, load });
}

/** 1 000 connections at once; a thousand requests per second are in open-loop.ts. */
export async function p3Connections(measuring: Measuring) {
  return against(measuring, {
    peers: ['nginx'],
    baseline: 'nginx',
    table: { routes: 500 },
    load: { connections: 1000, path: PLAIN },
  });
}

/** 1 MiB each way. */
export async function p4(measuring: Measuring) {
  const download = await against(measuring, {
    peers: ['nginx', 'haproxy'],
    baseline: 'nginx',
    table: { routes: 500, root: '/big' },
    load: { connections: 16, path: '/big' },
  });
  const script = join(measuring.dir, 'upload.lua');
  writeFileSync(script, 'wrk.method = "POST"\nwrk.body = string.rep("x", 1048576)\n');
  const sink = await startUploadSink(measuring.dir);
  try {
    const upload = await against(
      { ...measuring, upstreamPort: sink.port },
      {
        peers: ['nginx', 'haproxy'],
        baseline: 'nginx',
        table: { routes: 500, root: '/upload' },
        load: { connections: 8, path: '/upload', script },
      },
    );
    return { ratio: download.ratio, download, upload };
  } finally {
    await sink.stop();
  }
}

/** What 100 000 routes cost where 10 would do. */
export async function p5(measuring: Measuring) {
  const { dir, upstreamPort } = measuring;
  const few = await startOurs('few', dir, { upstreamPort, routes: 10, routesPerApi: 10 });
  const many = await startOurs('many', dir, { upstreamPort, routes: 100_000 });
  const rounds = await measure([few, many], { ...measuring, connections: 64, path: '/api-0/r-9/42' });
  return { ...ratioOf(rounds, 'many', 'few'), medians: mediansOf(rounds), rounds };
}

interface Match {
  readonly peers: readonly PeerName[];
  readonly baseline: PeerName;
  readonly table: { readonly routes: number; readonly policies?: boolean; readonly accessLog?: boolean; readonly root?: string };
  readonly load: Pick<RoundOptions, 'connections' | 'path' | 'headers' | 'script'>;
}

async function against(measuring: Measuring, { peers, baseline, table, load }: Match) {
  const { dir, upstreamPort } = measuring;
  const contestants = [await startOurs('tidegate', dir, { upstreamPort, ...table })];
  for (const name of new Set(peers)) contestants.push(await startPeer(name, measuring));
  const rounds = await measure(contestants, { ...measuring, ...load });
  const versus = Object.fromEntries(peers.map((peer) => [peer, ratioOf(rounds, 'tidegate', peer)]));
  const cpuRatio = ratioOf(rounds, baseline, 'tidegate', (load) => load.cpuUs).ratio;
  return { ...ratioOf(rounds, 'tidegate', baseline), cpuRatio, baseline, versus, medians: mediansOf(rounds), rounds };
}

async function measure(contestants: readonly Contestant[], options: Measuring & Pick<RoundOptions, 'connections' | 'path'>) {
  const { dir: _dir, upstreamPort: _upstream, peers: _peers, ...rounds } = options;
  try {
    return await interleaved(contestants, rounds);
  } finally {
    for (const contestant of contestants) await contestant.stop();
  }
}
