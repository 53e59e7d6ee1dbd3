import type { Exchange, Forwarder, ForwardOutcome, Policy, Verdict } from '@tidegate/policy-sdk';

/** The policies of one route by phase, in the order of execution. `null` = nobody takes part: the runner skips the phase. */
export interface Chain {
  readonly requestHeaders: readonly PhaseStep<[], Verdict>[] | null;
  readonly requestBody: readonly PhaseStep<[body: Uint8Array | null], Verdict>[] | null;
  /** What stands around the forwarding, outermost first */
  readonly forward: readonly PhaseStep<[forwarder: Forwarder], ForwardOutcome>[] | null;
  /** Reversed: the policy nearest to the upstream acts first */
  readonly responseHeaders: readonly PhaseStep<[], void>[] | null;
  readonly responseBody: readonly PhaseStep<[body: Uint8Array | null], Uint8Array | null>[] | null;
  /** What takes part when the gateway answers by itself; in the order of the chain */
  readonly immediate: readonly ((exchange: Exchange) => void)[] | null;
}

export type PhaseStep<More extends unknown[], Result> = (exchange: Exchange, ...more: More) => Result | Promise<Result>;

export function compileChain(policies: readonly Policy[]): Chain {
  const reversed = policies.toReversed();
  return {
    requestHeaders: orNull(policies.map((policy) => policy.requestHeaders)),
    requestBody: orNull(policies.map((policy) => policy.requestBody)),
    forward: orNull(policies.map((policy) => policy.forward)),
    responseHeaders: orNull(reversed.map((policy) => policy.responseHeaders)),
    responseBody: orNull(reversed.map((policy) => policy.responseBody)),
    immediate: orNull(policies.map((policy) => policy.immediate)),
  };
}

function orNull<T>(steps: readonly (T | undefined)[]): readonly T[] | null {
  const present = steps.filter((step) => step !== undefined);
  return present.length === 0 ? null : present;
}
