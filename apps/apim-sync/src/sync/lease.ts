import type { CallLimits } from '../apim/answer.ts';
import type { Witness } from '../apim/witness.ts';

/** A claim's lease as its worker sees it: on the monotonic clock, shorter than the controller's by a margin. */
export interface Lease extends CallLimits {
  /**
   * Renews when less than `neededMs` is left. False = somebody else may hold the API: send nothing more. A controller that cannot be
   * reached is not a lost lease; the time left is still ours.
   */
  ensure(neededMs: number): Promise<boolean>;
  close(): void;
}

export interface LeaseOptions {
  readonly leaseMs: number;
  /** When the claim was asked for: the controller started counting later, never earlier */
  readonly askedAtMs: number;
  /** Aborts what is in flight: the process is going down and out of patience */
  readonly stop: AbortSignal;
  readonly witness?: Witness;
  /** 'lost' = refused */
  readonly renew: () => Promise<'renewed' | 'lost' | 'unknown'>;
}

/** Requests end this long before the lease does, so that a report still finds it held. */
const MARGIN_MS = 2000;

export function openLease({ leaseMs, askedAtMs, stop, witness, renew }: LeaseOptions): Lease {
  const over = new AbortController();
  const usableMs = leaseMs - Math.min(MARGIN_MS, leaseMs / 4);
  let endsAtMs = askedAtMs + usableMs;
  let timer = setTimeout(end, endsAtMs - performance.now());

  function end(): void {
    over.abort(new Error('The lease is over'));
  }
  const remainingMs = (): number => endsAtMs - performance.now();

  return {
    signal: AbortSignal.any([over.signal, stop]),
    remainingMs,
    ...(witness === undefined ? {} : { witness }),
    async ensure(neededMs) {
      if (over.signal.aborted) return false;
      if (remainingMs() >= neededMs) return true;
      const sentAtMs = performance.now();
      const outcome = await renew();
      if (outcome === 'lost' || over.signal.aborted) return false;
      if (outcome === 'renewed') {
        endsAtMs = sentAtMs + usableMs;
        clearTimeout(timer);
        timer = setTimeout(end, endsAtMs - performance.now());
      }
      return true;
    },
    close: () => clearTimeout(timer),
  };
}
