/** Works off what is due: rung APIs first, then whatever the controller says, at most `limit()` at once. */
export interface Pump {
  /** Something may have changed for this API. */
  ring(apiId: string): void;
  /** Something may be due. Its own timer says so too, so that everything heals within one interval. */
  sweep(): void;
  /** Claims nothing more and waits for what is running. */
  stop(): Promise<void>;
  /** Pushes in progress */
  busy(): number;
}

export interface PumpOptions<Work extends { readonly apiId: string }> {
  /** '' = any API that is due; null = nothing to do. Must not throw. */
  readonly claim: (apiId: string) => Promise<Work | null>;
  /** Answers whether there is more to do for this API at once. Must not throw. */
  readonly workOff: (work: Work) => Promise<boolean>;
  readonly limit: () => number;
  /** Is there a control plane to push to? */
  readonly isOpen: () => boolean;
  readonly sweepIntervalMs: number;
  /** The first work after idleness */
  readonly onStart: () => void;
}

/** More rings than this are left to the sweep. */
const RINGS_MAX = 10_000;

export function startPump<Work extends { readonly apiId: string }>(options: PumpOptions<Work>): Pump {
  const { claim, workOff, limit, isOpen, sweepIntervalMs, onStart } = options;
  const rung = new Set<string>();
  const slots = new Set<Promise<void>>();
  let sweepDue = true;
  let sweeping = false;
  let busy = 0;
  let stopped = false;

  const fill = (): void => {
    while (!stopped && isOpen() && slots.size < limit()) {
      const apiId = next();
      if (apiId === null) return;
      const slot: Promise<void> = run(apiId).finally(() => {
        slots.delete(slot);
        fill();
      });
      slots.add(slot);
    }
  };

  /** '' = look for any. One look at a time: an idle system claims once per interval, not `limit` times. */
  const next = (): string | null => {
    for (const apiId of rung) {
      rung.delete(apiId);
      return apiId;
    }
    if (!sweepDue || sweeping) return null;
    sweeping = true;
    return '';
  };

  const run = async (apiId: string): Promise<void> => {
    const work = await claim(apiId);
    if (apiId === '') {
      sweeping = false;
      if (work === null) sweepDue = false;
      // While this one is pushed the next look may begin.
      else fill();
    }
    if (work === null) return;
    if (busy === 0) onStart();
    busy += 1;
    const more = await workOff(work);
    busy -= 1;
    if (more) rung.add(work.apiId);
  };

  const sweep = (): void => {
    sweepDue = true;
    fill();
  };
  const timer = setInterval(sweep, sweepIntervalMs);

  return {
    ring(apiId) {
      if (rung.size < RINGS_MAX) rung.add(apiId);
      fill();
    },
    sweep,
    async stop() {
      stopped = true;
      clearInterval(timer);
      await Promise.all(slots);
    },
    busy: () => busy,
  };
}
