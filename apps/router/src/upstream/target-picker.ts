import type { Target, Upstream } from '@tidegate/gateway-ir';

/** The next target of an upstream by weight, or `null` when all of them are drained. */
export type TargetPicker = (upstream: Upstream) => Target | null;

/**
 * Smooth weighted round robin: over any stretch of requests every target gets its share, never in bursts. State goes with the
 * upstream's object, so it lives as long as the deployment stays unchanged. Weight 0 = drained. Targets that are out are passed
 * over while there are others; when all are out they share as usual, for one of them may be back.
 */
export function createTargetPicker(isOut: (target: Target) => boolean): TargetPicker {
  const credits = new WeakMap<Upstream, number[]>();
  return (upstream) => {
    const { targets } = upstream;
    const only = targets.length === 1 ? targets[0] : undefined;
    if (only !== undefined) return only.weight > 0 ? only : null;
    const credit = credits.get(upstream) ?? targets.map(() => 0);
    credits.set(upstream, credit);
    return next(targets, credit, isOut) ?? next(targets, credit, NONE_OUT);
  };
}

const NONE_OUT = (): boolean => false;

function next(targets: readonly Target[], credit: number[], isOut: (target: Target) => boolean): Target | null {
  let best = -1;
  let total = 0;
  targets.forEach((target, index) => {
    const { weight } = target;
    if (weight === 0 || isOut(target)) return;
    total += weight;
    credit[index] = (credit[index] ?? 0) + weight;
    if (best < 0 || (credit[index] ?? 0) > (credit[best] ?? 0)) best = index;
  });
  if (best < 0) return null;
  credit[best] = (credit[best] ?? 0) - total;
  return targets[best] ?? null;
}
