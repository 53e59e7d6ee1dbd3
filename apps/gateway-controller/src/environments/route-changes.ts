import { EntryKind } from '@tidegate/gateway-ir';

import type { GatewayChange } from '../change-log/gateway-writer.ts';
import type { DeploymentTarget } from './deployment-targets.ts';

/** An undeployed API keeps its row and its claims; only the routers let go of it. */
export function routeChanges(targets: readonly DeploymentTarget[], removed: boolean): GatewayChange[] {
  return targets.flatMap(({ gatewayId, deploymentId }) =>
    gatewayId === null ? [] : [{ gatewayId, kind: EntryKind.ROUTES, entryId: deploymentId, removed }],
  );
}
