import type { Rejected } from '@tidegate/gateway-ir';
import type { PolicyRuntime } from '@tidegate/policy-sdk';
import type { Logger } from '@tidegate/process';

import type { Config } from './config.ts';
import type { Effect } from './discovery/client-state.ts';
import { addRevoked } from './discovery/held.ts';
import { createNodeIdentity, type NodeIdentity } from './discovery/identify.ts';
import type { ControllerAddress } from './discovery/join.ts';
import { openLastGoodStore } from './last-good/last-good-store.ts';
import { openRevokedKeys } from './last-good/revoked-keys.ts';
import { createHttpCalls } from './policy-host/http-calls.ts';
import { createRedisCalls } from './policy-host/redis-calls.ts';
import { createLiveTable, type LiveTable, type LiveTableOptions } from './policy-host/live-table.ts';
import { markRunning, nodeId } from './state-dir/boot-marker.ts';
import { loadCredential, prepareStateDir } from './state-dir/credential-file.ts';

/** What this node is and serves, and what of it outlives the process. */
export interface NodeState {
  readonly nodeId: string;
  readonly previousBootClean: boolean;
  readonly live: LiveTable;
  readonly identity: NodeIdentity;
  /** Newest first */
  readonly revoked: readonly string[];
  /** Carries out the effect `apply` as SPEC.md orders it. Rejects when revocations could not be made durable. */
  apply(effect: Extract<Effect, { do: 'apply' }>): Promise<readonly Rejected[]>;
  /** Resolves when nothing is left to write; serving goes on. */
  settle(): Promise<void>;
  /** Resolves when nothing is left to write, and policies call nobody any more. */
  flush(): Promise<void>;
}

export interface NodeStateOptions {
  readonly controller: ControllerAddress;
  readonly runtimes: readonly PolicyRuntime[];
  readonly logger: Logger;
}

/** Opens the state directory and serves its last-good copy, if there is one. */
export async function openNodeState(config: Config, { controller, runtimes, logger }: NodeStateOptions): Promise<NodeState> {
  const { state_dir: stateDir, node_id: configuredId, join_token: joinToken } = config.router.discovery;
  await prepareStateDir(stateDir);
  const node = await nodeId(stateDir, configuredId);
  const { previousBootClean } = await markRunning(stateDir);

  const log: LiveTableOptions['log'] = (level, fields, message) => logger[level](fields, message);
  const http = createHttpCalls(config.router.upstream.tls.ca_file);
  const redis = createRedisCalls();
  const live = createLiveTable({ runtimes, settings: config.policy_configurations, now: Date.now, log, http, redis });
  const store = openLastGoodStore(stateDir, (error) => logger.error({ err: error }, 'The last-good copy could not be written'));
  const revokedKeys = openRevokedKeys(stateDir);
  let revoked = await revokedKeys.load();

  const save = (): void => {
    if (live.held === null || identity.sealKeys === null) return;
    store.save({ held: live.held, revoked, lastAccepted: live.lastAccepted }, identity.sealKeys);
  };
  const loaded = await loadCredential(stateDir);
  const identity = createNodeIdentity({ controller, stateDir, nodeId: node, joinToken, loaded, onChanged: save, logger });

  const lastGood = identity.sealKeys === null ? null : await store.load(identity.sealKeys, (message) => logger.warn(message));
  if (lastGood !== null) {
    revoked = addRevoked(lastGood.revoked, revoked);
    live.recall(lastGood.lastAccepted);
    const rejected = live.apply(lastGood.held, revoked);
    const { version, epoch } = lastGood.held;
    logger.info({ version, epoch, routes: live.table?.routeCount, rejected }, 'Serving the last-good copy');
  }

  return {
    nodeId: node,
    previousBootClean,
    live,
    identity,
    get revoked() {
      return revoked;
    },
    async apply(effect) {
      // Durable first. If that fails the key is refused all the same; the failure keeps the version from being claimed.
      const failure = await revokedKeys.append(effect.newlyRevoked).then(
        () => null,
        (error: unknown) => ({ error }),
      );
      ({ revoked } = effect);
      const rejected = await live.applyInSteps(effect.next, revoked);
      save();
      if (failure !== null) throw failure.error;
      const { version, epoch } = effect.next;
      logger.info({ version, epoch, routes: live.table?.routeCount, rejected }, 'Serving a new table');
      return rejected;
    },
    settle: () => store.flush(),
    async flush() {
      http.close();
      redis.close();
      await store.flush();
    },
  };
}
