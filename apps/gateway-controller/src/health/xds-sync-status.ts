import type { SnapshotStore } from '../discovery/snapshot-store.ts';

/**
 * What WSO2's tools compare with a router's `GET :9002/xds_sync_status`: equal numbers mean that it has caught up. `gatewayId` = the
 * installation's own gateway; every other one is in `gateways`.
 */
export function xdsSyncStatus(snapshots: Pick<SnapshotStore, 'epoch' | 'gatewayIds' | 'version'>, gatewayId: string): object {
  const gateways = snapshots.gatewayIds().map((id) => [id, snapshots.version(id)] as const);
  return {
    component: 'gateway-controller',
    timestamp: new Date().toISOString(),
    policy_chain_version: String(snapshots.version(gatewayId)),
    epoch: snapshots.epoch,
    version: snapshots.version(gatewayId),
    gateways: Object.fromEntries(gateways),
  };
}
