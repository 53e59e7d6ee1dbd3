import type { OperationItem } from '@tidegate/management-api';

import { operationLimit, operationProgress } from './operation-progress.ts';
import type { StoredOperation, StoredOperationNode } from './operations.repository.ts';

export function operationAnswer(
  operation: StoredOperation,
  nodes: readonly StoredOperationNode[],
  spares: number,
): OperationItem {
  const { id, gatewayId, gateway, kind, state, strategy, percentage, reason, failure, requestedBy, runtimeVersion } = operation;
  const progress = operationProgress(operation, nodes, spares);
  const limitSeconds = operationLimit(operation) / 1000;
  return {
    id,
    gateway: { id: gatewayId, name: gateway },
    kind,
    state,
    strategy,
    percentage,
    forceAfterMinutes: operation.forceAfterMs / 60_000,
    runtimeVersion,
    reason,
    failure,
    requestedBy,
    startedAt: operation.startedAt.toISOString(),
    endedAt: operation.endedAt?.toISOString() ?? null,
    limitSeconds,
    done: progress.filter((node) => node.state === 'done').length,
    total: nodes.length,
    nodes: nodes.map(({ commandedAt, toldMs, message }, index) => ({
      id: progress[index]?.id ?? '',
      state: progress[index]?.state ?? 'waiting',
      commandedAt: commandedAt?.toISOString() ?? null,
      elapsedSeconds: toldMs === null ? null : Math.round(toldMs / 1000),
      staged: progress[index]?.staged ?? null,
      message,
    })),
  };
}
