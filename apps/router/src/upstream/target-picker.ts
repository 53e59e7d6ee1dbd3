import type { Target, Upstream } from '@tidegate/gateway-ir';

/** The next target of an upstream by weight, or `null` when all of them are drained. */
export type TargetPicker = (upstream: Upstream) => Target | null;

/**
 * Smooth weighted round robin: over any stretch of requests every target gets its share, never in bursts. State goes with the
 * upstream's object, so it lives as long as the deployment stays unchanged. Weight 0 = drained.
 */
export function createTargetPicker(): TargetPicker {
  const credits = new WeakMap<Upstream, number[]>();
  return (upstream) => {
    const { targets } = upstream;
    const only = targets.length === 1 ? targets[0] : undefined;
    if (only !== undefined) return only.weight > 0 ? only : null;
    const credit = credits.get(upstream) ?? targets.map(() => 0);
    credits.set(upstream, credit);
    return next(targets, credit);
  };
}

function next(targets: readonly Target[], credit: number[]): Target | null {
  let best = -1;
  let total = 0;
  targets.forEach(({ weight }, index) => {
    if (weight === 0) return;
    total += weight;
    credit[index] = (credit[index] ?? 0) + weight;
    if (best < 0 || (credit[index] ?? 0) > (credit[best] ?? 0)) best = index;
  });
  if (best < 0) return null;
  credit[best] = (credit[best] ?? 0) - total;
  return targets[best] ?? null;
}
