import type { Renewed } from '@tidegate/gateway-ir';
import type { Logger, Secret } from '@tidegate/process';

import type { SealKeys } from '../last-good/last-good-store.ts';
import {
  digestOf,
  type NodeCredential,
  renewed as withRenewal,
  retiredBy,
  saveCredential,
} from '../state-dir/credential-file.ts';
import { type ControllerAddress, join } from './join.ts';
import type { Identity } from './run-discovery.ts';

/** This node's identity over its life: joined once, renewed on the stream, durable before it is used. */
export interface NodeIdentity {
  /** `null` = not joined yet: nothing can be sealed or opened */
  readonly sealKeys: SealKeys | null;
  /** See DiscoveryOptions.identify. */
  identify(refused: boolean): Promise<Identity>;
  renew(renewed: Renewed): Promise<void>;
}

export interface NodeIdentityOptions {
  readonly controller: ControllerAddress;
  readonly stateDir: string;
  readonly nodeId: string;
  readonly joinToken: Secret;
  readonly loaded: NodeCredential | null;
  /** The credential changed: whatever is sealed under it should be sealed anew */
  readonly onChanged: () => void;
  readonly logger: Logger;
}

export function createNodeIdentity(options: NodeIdentityOptions): NodeIdentity {
  const { stateDir, logger } = options;
  let current = options.loaded;

  const keep = async (credential: NodeCredential): Promise<void> => {
    await saveCredential(stateDir, credential);
    current = credential;
    options.onChanged();
  };

  const joinAnew = async (token: string): Promise<NodeCredential> => {
    const { nodeId, controller } = options;
    const answer = await join(controller, { joinToken: token, nodeId });
    logger.info({ gateway: answer.gatewayHandle, nodeId }, 'Joined the gateway');
    const { gatewayId, gatewayHandle, nodeCredential, expiresAtMs } = answer;
    const retired = current === null ? [] : retiredBy(current);
    const joined = {
      gatewayId,
      gatewayHandle,
      nodeId,
      credential: nodeCredential,
      expiresAtMs,
      retired,
      joinTokenDigest: digestOf(token),
    };
    await keep(joined);
    return joined;
  };

  return {
    get sealKeys() {
      return current === null ? null : { gatewayId: current.gatewayId, credentials: [current.credential, ...current.retired] };
    },
    async identify(refused) {
      const token = options.joinToken.reveal();
      const fresh = token !== '' && digestOf(token) !== current?.joinTokenDigest;
      if (current === null && token === '') throw new Error('this node has not joined: set router.discovery.join_token');
      if (current === null || (refused && fresh)) return joinAnew(token);
      if (refused)
        logger.error('The node credential is refused and router.discovery.join_token was used already: a new one is needed');
      return current;
    },
    async renew({ credential, expiresAtMs }) {
      if (current === null || credential === undefined || credential.value === '') return;
      await keep(withRenewal(current, credential.value, expiresAtMs));
      logger.info({ expiresAt: new Date(expiresAtMs).toISOString() }, 'Node credential renewed');
    },
  };
}
