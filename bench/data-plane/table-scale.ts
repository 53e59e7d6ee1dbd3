import { readFileSync } from 'node:fs';

import { sampleHeld } from '../../apps/router/src/testing/sample-held.ts';
import type { Ground } from './contestants.ts';
import { type SampleTable, sampleApi, sampleTable, startRouter, startTidegate, type Tidegate, untilApplied } from './tidegate.ts';

const ROUTES = 50_000;
const PER_API = 50;

/** Event-loop delay while 10 deploys/s arrive at 50 000 routes, ms beyond the 10 ms at which the router looks. */
export async function p8({ dir, upstreamPort, seconds }: Ground & { readonly seconds: number }) {
  const table: SampleTable = { upstreamPort, routes: ROUTES, routesPerApi: PER_API };
  let held = sampleTable(table);
  const router = await startTidegate({ name: 'p8', dir, held });
  try {
    const { maxMs: listingMaxMs } = await eventLoop(router);
    await settled(router);
    await eventLoop(router);
    const applyUs: number[] = [];
    for (let deploy = 1; deploy <= seconds * 10; deploy++) {
      const started = performance.now();
      const entry = sampleApi((deploy * 7) % (ROUTES / PER_API), { ...table, form: deploy });
      const from = held.version;
      held = sampleHeld([...[...held.entries.values()].filter(({ id }) => id !== entry.id), entry], from + 1);
      // The tests' controller sends whole tables; a delta carries what changed, and the Commit what all of it must hash to.
      sendDelta(router, from, held, entry);
      applyUs.push(await untilApplied(router.stream, deploy));
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, 100 - (performance.now() - started))));
    }
    const { p50Ms, p99Ms, maxMs } = await eventLoop(router);
    const sorted = applyUs.toSorted((a, b) => a - b);
    return {
      p50Ms,
      p99Ms,
      maxMs,
      listingMaxMs,
      deploys: applyUs.length,
      applyMsMedian: (sorted[Math.floor(sorted.length / 2)] ?? 0) / 1000,
      applyMsMax: (sorted.at(-1) ?? 0) / 1000,
    };
  } finally {
    await router.stop();
  }
}

function sendDelta(
  { stream }: Tidegate,
  from: number,
  held: ReturnType<typeof sampleTable>,
  entry: ReturnType<typeof sampleApi>,
): void {
  const { epoch, version, compilerBuild, tableHash, entries } = held;
  stream.send({ $case: 'begin', value: { epoch, fromVersion: from, version, compilerBuild, deletionsConfirmed: false } });
  const { kind, id, hash, content } = entry;
  stream.send({ $case: 'entries', value: { entries: [{ kind, id, hash, content, removed: false, part: 0, parts: 1 }] } });
  stream.send({ $case: 'commit', value: { epoch, version, tableHash, entryCount: entries.size, committedAtMs: 0 } });
}

/** From exec to the first answer out of the disk copy, nothing else alive. */
export async function p9({ dir, upstreamPort }: Ground) {
  const first = await startTidegate({
    name: 'p9',
    dir,
    held: sampleTable({ upstreamPort, routes: ROUTES, routesPerApi: PER_API }),
  });
  const { address } = first.controller;
  await settled(first);
  await first.stop();
  const started = performance.now();
  const cold = await startRouter({ name: 'p9', dir, controller: address });
  try {
    const answer = await fetch(`${cold.url}/api-7/r-49/42`);
    const ms = performance.now() - started;
    if (answer.status !== 200) throw new Error(`the cold router answered ${answer.status}`);
    return { ms };
  } finally {
    await cold.stop();
  }
}

/** Resident memory: empty, with 50 000 routes, and after all but 100 are gone. */
export async function p10({ dir, upstreamPort }: Ground) {
  const empty = sampleHeld([], 1);
  const router = await startTidegate({ name: 'p10', dir, held: empty });
  try {
    const emptyBytes = await restingBytes(router);
    const full = sampleTable({ upstreamPort, routes: ROUTES, routesPerApi: PER_API }, 2);
    router.stream.list(full);
    await untilApplied(router.stream, 1);
    const fullBytes = await restingBytes(router);
    const few = sampleHeld([...full.entries.values()].slice(0, 2), 3);
    router.stream.list(few, { deletionsConfirmed: true });
    await untilApplied(router.stream, 2);
    const shrunkBytes = await restingBytes(router);
    return {
      bytesPerRoute: (fullBytes - emptyBytes) / ROUTES,
      shrunkToEmpty: shrunkBytes / emptyBytes,
      emptyBytes,
      fullBytes,
      shrunkBytes,
    };
  } finally {
    await router.stop();
  }
}

/** Until the last-good copy is written: it is behind the table by one write. */
async function settled(router: Tidegate): Promise<void> {
  await restingBytes(router);
}

/** Smallest resident size over 8 s: garbage is collected when there is time. */
async function restingBytes({ pid }: Tidegate): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let look = 0; look < 16; look++) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    least = Math.min(least, Number(kib) * 1024);
  }
  return least;
}

/** Since the last time it was asked: prom-client starts anew with each scrape. */
async function eventLoop({ metricsUrl }: Tidegate): Promise<{ p50Ms: number; p99Ms: number; maxMs: number }> {
  const text = await (await fetch(metricsUrl)).text();
  const figure = (name: string): number =>
    Number(new RegExp(`^nodejs_eventloop_lag_${name}_seconds (\\S+)$`, 'm').exec(text)?.[1]) * 1000 - 10;
  return { p50Ms: figure('p50'), p99Ms: figure('p99'), maxMs: figure('max') };
}
