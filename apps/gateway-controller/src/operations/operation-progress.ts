import { restartLimit } from '../gateways/status.ts';
import type { OperationNode } from './operation-step.ts';
import type { StoredOperation, StoredOperationNode } from './operations.repository.ts';

/** Where each node of an operation is. `spares`: nodes that came later, each of which stands for one that is gone. Pure. */
export function operationProgress(
  operation: Pick<StoredOperation, 'forceRestartMinutes' | 'forceAfterMs'>,
  nodes: readonly StoredOperationNode[],
  spares: number,
): OperationNode[] {
  const limitMs = operationLimit(operation);
  let free = spares;
  return nodes.map(({ id, staged, toldMs, back, silent, failed }) => {
    if (back) return { id, staged, state: 'done' };
    if (failed) return { id, staged, state: 'failed' };
    if (toldMs === null) return { id, staged, state: 'waiting' };
    if (silent && free > 0) {
      free -= 1;
      return { id, staged, state: 'done' };
    }
    return { id, staged, state: toldMs > limitMs ? 'late' : 'told' };
  });
}

/** Of one node, from the moment it was told. What this operation forces after counts in place of what the gateway has set. */
export function operationLimit({
  forceRestartMinutes,
  forceAfterMs,
}: Pick<StoredOperation, 'forceRestartMinutes' | 'forceAfterMs'>): number {
  return restartLimit({ forceRestartMinutes: forceAfterMs > 0 ? forceAfterMs / 60_000 : forceRestartMinutes });
}
