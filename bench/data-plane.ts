import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { type PeerName, startUpstream } from './data-plane/contestants.ts';
import { p3Latency } from './data-plane/open-loop.ts';
import { CORES } from './data-plane/pinned.ts';
import { buildStaleApps } from '../tools/build/build-stale-apps.ts';
import { p10, p8, p9 } from './data-plane/table-scale.ts';
import { type Measuring, p1, p2, p3Connections, p4, p5 } from './data-plane/throughput.ts';

/**
 * The router's figures of the goals, `npm run bench -- P1 P2 [--json] [--quick] [--rounds N] [--seconds N] [--peers http-proxy,…]
 * [--keep-going]`; how to read them: bench/results/README.md. Needs two cores: what is measured has one for itself.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    'keep-going': { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    peers: { type: 'string', default: '' },
  },
});

const benches: Readonly<Record<string, (measuring: Measuring) => Promise<object>>> = {
  P1: p1,
  P2: p2,
  P3: async (measuring) => ({ ...(await p3Latency(measuring)), connections: await p3Connections(measuring) }),
  P4: p4,
  P5: p5,
  P8: p8,
  P9: p9,
  P10: p10,
};

const unknown = positionals.filter((id) => benches[id] === undefined);
if (unknown.length > 0 || positionals.length === 0 || cpus().length < 2) {
  console.error(`Usage: npm run bench -- ${Object.keys(benches).join(' ')} [--json] [--quick]; two cores are needed`);
  process.exit(2);
}

// What ships is measured: the bundle, as `npm run build` makes it.
await buildStaleApps(['router'], (line) => console.error(line));
// This program is on the load side.
execFileSync('taskset', ['-a', '-c', '-p', String(CORES.load), String(process.pid)], { stdio: 'ignore' });
const dir = mkdtempSync(join(tmpdir(), 'tidegate-data-plane-'));
// nginx that is started by root reads as somebody else.
chmodSync(dir, 0o755);
const upstream = await startUpstream(dir);
const results: Record<string, object> = {};
try {
  for (const id of positionals) {
    const measuring: Measuring = {
      dir: join(dir, id),
      upstreamPort: upstream.port,
      rounds: Number(values.rounds ?? 5),
      seconds: Number(values.seconds ?? (values.quick ? 2 : 6)),
      keepGoing: values['keep-going'],
      peers: values.peers.split(',').filter((name) => name !== '') as PeerName[], // an unknown one fails to start
    };
    results[id] = await (benches[id] as (typeof benches)[string])(measuring);
    if (!values.json) console.log(id, results[id]);
  }
} finally {
  await upstream.stop();
  rmSync(dir, { recursive: true, force: true });
}
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
const machine = { commit, node: process.version, cpu: cpus()[0]?.model, cores: cpus().length, quick: values.quick };
console.log(values.json ? JSON.stringify({ machine, ...results }, null, 2) : machine);
process.exit(0);
