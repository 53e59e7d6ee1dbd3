const FIRST_MS = 250;
const CAP_MS = 30_000;

/**
 * When a stream may push again: at once while all goes well and once after a failure (the node's Resync of discovery.proto, rule 4),
 * then 0.25 s doubling to 30 s, so that a node that can never apply costs next to nothing.
 */
export class PushPace {
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;

  get waiting(): boolean {
    return this.#timer !== undefined;
  }

  answered(ok: boolean): void {
    this.#failures = ok ? 0 : this.#failures + 1;
  }

  /** Calls `look` when it is time; a call that waits already stands. */
  next(look: () => void): void {
    if (this.#timer !== undefined) return;
    const delayMs = pushDelayMs(this.#failures);
    if (delayMs === 0) return look();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      look();
    }, delayMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

export function pushDelayMs(failures: number): number {
  return failures <= 1 ? 0 : Math.min(FIRST_MS * 2 ** (failures - 2), CAP_MS);
}
