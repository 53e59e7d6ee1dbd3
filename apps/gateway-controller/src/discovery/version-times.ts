/** Answers that come later than this many versions are not timed. */
const REMEMBERED_MAX = 64;

/** When each of the latest versions of a gateway became known. Bounded: 64 versions per gateway. */
export class VersionTimes {
  readonly #gateways = new Map<string, Map<number, number>>();

  learned(gatewayId: string, version: number, atMs: number): void {
    let times = this.#gateways.get(gatewayId);
    if (times === undefined) this.#gateways.set(gatewayId, (times = new Map()));
    if (times.has(version)) return;
    times.set(version, atMs);
    if (times.size > REMEMBERED_MAX) times.delete(times.keys().next().value as number);
  }

  /** `null` = not known, or no longer */
  learnedAt(gatewayId: string, version: number): number | null {
    return this.#gateways.get(gatewayId)?.get(version) ?? null;
  }
}
