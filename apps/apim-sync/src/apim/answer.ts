import type { Failure } from '../sync/classify.ts';
import type { Witness } from './witness.ts';

/** What a call to APIM came to: what was asked for, or why not. */
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly failure: Failure };

/** How long a call may take: until the signal, and never past `remainingMs` on the monotonic clock. */
export interface CallLimits {
  readonly signal: AbortSignal;
  /** Asked right before every send; 0 or less = nothing may be sent any more */
  readonly remainingMs: () => number;
  /** Absent = nobody keeps a record */
  readonly witness?: Witness;
}
