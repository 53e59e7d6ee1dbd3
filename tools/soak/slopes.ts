export interface Sample {
  /** `name/pid`: a restarted process is another one */
  readonly process: string;
  readonly atMs: number;
  readonly rssKib: number;
  readonly descriptors: number;
  readonly loopDelayMs: number | null;
}

export interface Slope {
  readonly process: string;
  readonly minutes: number;
  readonly rssMib: number;
  readonly rssKibPerMinute: number;
  readonly descriptors: number;
  readonly descriptorsPerMinute: number;
  readonly loopDelayMsMax: number | null;
}

/** How each process went over the second half of its samples, by least squares; the first half is warming up. Pure. */
export function slopes(samples: readonly Sample[]): Slope[] {
  return [...Map.groupBy(samples, (sample) => sample.process)].map(([process, all]) => {
    const warm = all.slice(all.length >> 1);
    const minutesOf = ({ atMs }: Sample): number => (atMs - (warm[0]?.atMs ?? 0)) / 60_000;
    const last = all.at(-1);
    const delays = all.flatMap(({ loopDelayMs }) => (loopDelayMs === null ? [] : [loopDelayMs]));
    return {
      process,
      minutes: rounded(((last?.atMs ?? 0) - (all[0]?.atMs ?? 0)) / 60_000),
      rssMib: rounded((last?.rssKib ?? 0) / 1024),
      rssKibPerMinute: rounded(slope(warm.map((sample) => [minutesOf(sample), sample.rssKib]))),
      descriptors: last?.descriptors ?? 0,
      descriptorsPerMinute: rounded(slope(warm.map((sample) => [minutesOf(sample), sample.descriptors]))),
      loopDelayMsMax: delays.length === 0 ? null : rounded(Math.max(...delays)),
    };
  });
}

function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [meanX, meanY] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const spread = points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
  return spread === 0 ? 0 : points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0) / spread;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
