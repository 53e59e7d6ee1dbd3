/** Requests under way whose answer others wait for, and what a write has made out of date meanwhile. */
export interface Flights {
  /** Waits for the answer that another request of the same kind fetches. `null` = there is none, or it is not worth waiting for */
  join(name: string): Promise<void> | null;
  /** Somebody fetches this at the moment */
  busy(name: string): boolean;
  /** This request fetches; others of the same name wait until it has ended, but not for ever. `null` = nobody waits for it */
  lead(name: string | null, key: string): Flight;
  /** Whatever is under way for a key must not be stored: it may be older than the write. */
  spoil(key: string): void;
}

export interface Flight {
  /** A write came in between: what this one brings must not be stored */
  readonly spoilt: boolean;
  /** Told once, the first time; whether others can use what came. "unknown" = nothing came */
  end(use: 'shared' | 'alone' | 'unknown'): void;
}

/** However slowly an answer comes: those who wait ask for themselves then */
const WAIT_MS = 10_000;
/** Answers that could not be shared are not waited for, so long */
const ALONE_MS = 30_000;
const ALONE_MAX = 10_000;

export function createFlights(now: () => number): Flights {
  const leading = new Map<string, Promise<void>>();
  const byKey = new Map<string, Set<{ spoilt: boolean }>>();
  const aloneUntilMs = new Map<string, number>();

  const waitsAlone = (name: string): boolean => {
    const untilMs = aloneUntilMs.get(name);
    if (untilMs === undefined) return false;
    if (now() < untilMs && untilMs - now() <= ALONE_MS) return true;
    aloneUntilMs.delete(name);
    return false;
  };
  const remember = (name: string, use: 'shared' | 'alone' | 'unknown'): void => {
    if (use === 'unknown') return;
    aloneUntilMs.delete(name);
    if (use === 'shared') return;
    aloneUntilMs.set(name, now() + ALONE_MS);
    const [oldest] = aloneUntilMs.keys();
    if (aloneUntilMs.size > ALONE_MAX && oldest !== undefined) aloneUntilMs.delete(oldest);
  };

  return {
    busy: (name) => leading.has(name),
    join: (name) => (waitsAlone(name) ? null : (leading.get(name) ?? null)),
    lead(name, key) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, WAIT_MS);
      timer.unref();
      if (name !== null && !leading.has(name)) leading.set(name, promise);
      const mark = { spoilt: false };
      const marks = byKey.get(key) ?? new Set();
      byKey.set(key, marks.add(mark));
      let ended = false;
      return {
        get spoilt() {
          return mark.spoilt;
        },
        end(use) {
          if (ended) return;
          ended = true;
          clearTimeout(timer);
          marks.delete(mark);
          if (marks.size === 0) byKey.delete(key);
          if (name !== null) {
            if (leading.get(name) === promise) leading.delete(name);
            remember(name, use);
          }
          resolve();
        },
      };
    },
    spoil(key) {
      for (const mark of byKey.get(key) ?? []) mark.spoilt = true;
    },
  };
}
