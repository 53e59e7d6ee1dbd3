import {
  type Ack,
  type AckDueResponse,
  type InboxClaimResponse,
  type InboxPutRequest,
  type InboxPutResponse,
  type InboxSettleRequest,
  type InboxSettleResponse,
  type ReconcileResponse,
  type RemoteDeployment,
  type RemoteKey,
  TopDownClient,
} from '@tidegate/sync-link';

import type { SyncConfig } from '../config.ts';
import { openCalls } from '../sync/open-calls.ts';

/** The controller's TopDown service. */
export interface Inbox {
  put(event: InboxPutRequest): Promise<InboxPutResponse>;
  claim(leaseMs: number): Promise<InboxClaimResponse>;
  settle(request: InboxSettleRequest): Promise<InboxSettleResponse>;
  acksDue(reconnected: boolean): Promise<AckDueResponse>;
  acksSent(acks: readonly Ack[]): Promise<void>;
  reconcile(deployments: readonly RemoteDeployment[]): Promise<ReconcileResponse>;
  reconcileKeys(keys: readonly RemoteKey[], askedMsAgo: number): Promise<ReconcileResponse>;
  /** The body of the manifest */
  manifest(): Promise<string>;
  close(): void;
}

export function connectInbox(config: SyncConfig): Inbox {
  const { address, channel, options: channelOptions, metadata, call } = openCalls(config);
  const client = new TopDownClient(address, channel, channelOptions);
  const { workerId } = config;
  return {
    put: (event) => call((options, done) => client.inboxPut(event, metadata, options, done)),
    claim: (leaseMs) => call((options, done) => client.inboxClaim({ workerId, leaseMs }, metadata, options, done)),
    settle: (request) => call((options, done) => client.inboxSettle(request, metadata, options, done)),
    acksDue: (reconnected) => call((options, done) => client.ackDue({ workerId, reconnected }, metadata, options, done)),
    async acksSent(acks) {
      await call((options, done) => client.ackSent({ acks: [...acks] }, metadata, options, done));
    },
    reconcile: (deployments) =>
      call((options, done) => client.reconcile({ deployments: [...deployments] }, metadata, options, done)),
    reconcileKeys: (keys, askedMsAgo) =>
      call((options, done) => client.reconcileKeys({ keys: [...keys], askedMsAgo }, metadata, options, done)),
    manifest: async () => (await call<{ json: string }>((options, done) => client.manifest({}, metadata, options, done))).json,
    close: () => client.close(),
  };
}
