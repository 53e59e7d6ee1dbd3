import type { Contestant } from './contestants.ts';
import { cpuMs } from './pinned.ts';
import { type Load, type LoadOptions, runWrk } from './load.ts';

export interface RoundOptions extends Omit<LoadOptions, 'url'> {
  readonly rounds: number;
  readonly path: string;
  /** Figures taken while the load side had less than 5 % idle are kept and marked instead of ending the run */
  readonly keepGoing: boolean;
}

export interface Measured extends Load {
  /** Processor time of the measured program per request: steadier than requests per second when somebody else is busy */
  readonly cpuUs: number;
}

export type Round = Readonly<Record<string, Measured>>;

/** Everybody in every round, in reversed order every other round, so that whatever drifts drifts for all. */
export async function interleaved(
  contestants: readonly Contestant[],
  { rounds, path, keepGoing, ...load }: RoundOptions,
): Promise<Round[]> {
  // one short run each, uncounted: just-in-time compilers and connection pools
  for (const { url } of contestants) await runWrk({ ...load, seconds: 2, url: url + path });
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? contestants : contestants.toReversed();
    const results: Record<string, Measured> = {};
    for (const { name, url, pid } of order) {
      const before = cpuMs(pid);
      const result = await runWrk({ ...load, url: url + path });
      if (result.idle < 0.05 && !keepGoing) {
        throw new Error(
          `The load side had ${(result.idle * 100).toFixed(1)} % idle while ${name} was measured: no figure (--keep-going marks it instead)`,
        );
      }
      results[name] = { ...result, cpuUs: ((cpuMs(pid) - before) * 1000) / (result.rps * load.seconds) };
    }
    measured.push(results);
  }
  return measured;
}

/** Of one against another in the same rounds. */
export function ratioOf(
  rounds: readonly Round[],
  ours: string,
  theirs: string,
  figure: (load: Measured) => number = (load) => load.rps,
) {
  const ratios = rounds.map((round) => figure(round[ours] as Measured) / figure(round[theirs] as Measured));
  return { ratio: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? (sorted[middle] as number) : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2;
}

export function mediansOf(
  rounds: readonly Round[],
): Record<string, { rps: number; cpuUs: number; p50Ms: number; p99Ms: number; idleMin: number }> {
  const names = Object.keys(rounds[0] ?? {});
  return Object.fromEntries(
    names.map((name) => {
      const loads = rounds.map((round) => round[name] as Measured);
      const of = (figure: (load: Measured) => number): number => median(loads.map(figure));
      return [
        name,
        {
          rps: of((l) => l.rps),
          cpuUs: of((l) => l.cpuUs),
          p50Ms: of((l) => l.p50Ms),
          p99Ms: of((l) => l.p99Ms),
          idleMin: Math.min(...loads.map((l) => l.idle)),
        },
      ];
    }),
  );
}
