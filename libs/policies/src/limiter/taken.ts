import type { Exchange } from '@tidegate/policy-sdk';

import type { Ask, Counters } from './counters.ts';

interface Earlier {
  readonly counters: Counters;
  readonly asks: readonly Ask[];
}

const TAKEN = 'tidegate.rate-taken';

/** Remembers what a request was charged, for a limit of another policy that may refuse it yet. */
export function noteTaken({ metadata }: Exchange, counters: Counters, asks: readonly Ask[]): void {
  const earlier = metadata.get(TAKEN);
  if (isEarlier(earlier)) earlier.push({ counters, asks });
  else metadata.set(TAKEN, [{ counters, asks }]);
}

/**
 * A limit has refused the request: it gets back what limits of policies before have taken, so that what one refuses never eats
 * another, wherever they stand (WSO2 issue 3116). Other refusals (401, 422) count: they are what such limits are for.
 */
export function giveBackTaken({ metadata }: Exchange): void | Promise<void> {
  const earlier = metadata.get(TAKEN);
  if (!isEarlier(earlier)) return undefined;
  metadata.delete(TAKEN);
  const pending = earlier.map(({ counters, asks }) => {
    const back = asks.filter(({ keep }) => keep).map((ask) => ({ ...ask, cost: -ask.cost }));
    return back.length === 0 ? undefined : counters.settle(back);
  });
  const promises = pending.filter((settled) => settled instanceof Promise);
  return promises.length === 0 ? undefined : Promise.all(promises).then(() => undefined);
}

/** Only noteTaken writes under TAKEN. */
function isEarlier(value: unknown): value is Earlier[] {
  return Array.isArray(value);
}
