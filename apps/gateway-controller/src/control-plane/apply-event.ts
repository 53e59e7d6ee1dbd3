import { Inject, Injectable } from '@nestjs/common';
import { fullJitter } from '@tidegate/backoff';
import { DataSource } from 'typeorm';

import type { ControllerConfig } from '../config.ts';
import type { Db } from '../environments/deployment-targets.ts';
import { ApiError } from '../http/api-error.ts';
import { CONFIG } from '../settings.module.ts';
import { ACCEPTED, ackMessage, type AckOutcome, refused } from './ack.ts';
import { ApplySubscription } from './apply-subscription.ts';
import { type ControlPlaneEvent, readEvent } from './control-plane-event.ts';
import { type InboxRow, isOvertaken, lockClaim, retryEvent, type Settled, settleEvent, type Thing } from './inbox.ts';
import { findRemoteApi, type RemoteApi, staleness } from './remote-apis.ts';
import { NotYet, RefusedByUs, RemoteDeployments } from './remote-deployments.ts';
import { RemoteKeys } from './remote-keys.ts';
import { RemoteSecrets } from './remote-secrets.ts';
import type { SubscriptionEvent } from './subscription-event.ts';

/** What apim-sync brought for an event. */
export type Fetched =
  | { readonly kind: 'artifact'; readonly yaml: string; readonly secrets: ReadonlyMap<string, string> }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'failed'; readonly retryable: boolean; readonly message: string };

/** Ends an event in the transaction that did what it asked for. */
export type Settle = (tx: Db, end: Pick<Settled, 'state' | 'message'>) => Promise<void>;

export interface Applied {
  readonly accepted: boolean;
  readonly state: Settled['state'] | 'retry';
  readonly message: string;
}

/** Tries before a deploy is acknowledged as failed, or an event about an API that nobody knows is given up. */
const ATTEMPTS_MAX = 6;

/**
 * One event from claim to end. What is done and what the control plane is told commit together; an event that somebody else settled
 * meanwhile changes nothing.
 */
@Injectable()
export class ApplyEvent {
  readonly #dataSource: DataSource;
  readonly #deployments: RemoteDeployments;
  readonly #keys: RemoteKeys;
  readonly #secrets: RemoteSecrets;
  readonly #subscriptions: ApplySubscription;
  readonly #settings: ControllerConfig['controller']['controlplane'];

  constructor(
    @Inject(DataSource) dataSource: DataSource,
    @Inject(RemoteDeployments) deployments: RemoteDeployments,
    @Inject(RemoteKeys) keys: RemoteKeys,
    @Inject(RemoteSecrets) secrets: RemoteSecrets,
    @Inject(ApplySubscription) subscriptions: ApplySubscription,
    @Inject(CONFIG) { controller }: Pick<ControllerConfig, 'controller'>,
  ) {
    this.#dataSource = dataSource;
    this.#deployments = deployments;
    this.#keys = keys;
    this.#secrets = secrets;
    this.#subscriptions = subscriptions;
    this.#settings = controller.controlplane;
  }

  /** @throws when the database is away or busy: the claim ends by itself and the event is tried again */
  async apply(id: number, fencingToken: number, fetched: Fetched): Promise<Applied> {
    const row = await this.#dataSource.transaction((tx) => lockClaim(tx, id, fencingToken));
    if (row === null) return STALE;
    const read = readEvent(row.eventType, row.payload, new Date());
    if (!read.ok) return this.#end(row, null, { state: read.unknown ? 'ignored' : 'failed', message: read.message });
    const { event } = read;
    try {
      return await this.#run(row, event, fetched);
    } catch (error) {
      if (error instanceof StaleClaim) return STALE;
      if (error instanceof NotYet || isNotThere(event, error)) return this.#again(row, event, (error as Error).message);
      const refusal = refusalOf(error);
      if (refusal === null) throw error;
      return this.#end(row, event, { state: 'failed', message: refusal }, refused(refusal));
    }
  }

  async #run(row: InboxRow, event: ControlPlaneEvent, fetched: Fetched): Promise<Applied> {
    const db = this.#dataSource.manager;
    if (await isOvertaken(db, row, thingOf(event))) return this.#end(row, event, OVERTAKEN, null);
    if (!isAboutApi(event)) return this.#settling(row, event, (settle) => this.#subscriptions.apply(event, settle));
    if (event.kind === 'deploy') return this.#deploy(row, event, fetched);
    const known = await findRemoteApi(db, event.remoteId);
    switch (event.kind) {
      case 'undeploy':
        return this.#undeploy(row, event, known);
      case 'delete':
        if (known === null) return this.#end(row, event, { state: 'done', message: 'Not known here' });
        if (known.owner === 'gateway') return this.#end(row, event, { state: 'ignored', message: OURS });
        return this.#settling(row, event, (settle) => this.#deployments.remove(known.apiId, settle));
      case 'put-key':
      case 'revoke-key':
        if (known === null || (known.owner === 'gateway' && known.desiredState === 'deleted'))
          return this.#again(row, event, `API ${event.remoteId} is not known here (yet)`);
        return this.#settling(row, event, (settle) =>
          event.kind === 'put-key'
            ? this.#keys.put(known.apiId, event.key, row.userId, settle)
            : this.#keys.revoke(known.apiId, event.keyName, settle),
        );
    }
  }

  async #deploy(
    row: InboxRow,
    event: Extract<ControlPlaneEvent, { kind: 'deploy' | 'undeploy' }>,
    fetched: Fetched,
  ): Promise<Applied> {
    switch (await staleness(this.#dataSource.manager, event.remoteId, event)) {
      case 'same':
        return this.#end(row, event, { state: 'done', message: 'Deployed already' }, ACCEPTED);
      case 'stale':
        return this.#end(row, event, OVERTAKEN, null);
      case 'fresh':
        break;
    }
    if (fetched.kind === 'failed' && fetched.retryable) return this.#again(row, event, fetched.message);
    if (fetched.kind !== 'artifact')
      throw new RefusedByUs(fetched.kind === 'failed' ? fetched.message : 'No artifact was fetched for a deploy');
    const { environment } = this.#settings;
    await this.#secrets.keep(fetched.secrets);
    return this.#settling(row, event, (settle) => this.#deployments.deploy(event, fetched.yaml, environment, settle));
  }

  async #undeploy(
    row: InboxRow,
    event: Extract<ControlPlaneEvent, { kind: 'deploy' | 'undeploy' }>,
    known: RemoteApi | null,
  ): Promise<Applied> {
    if (known === null) return this.#end(row, event, { state: 'done', message: 'Not known here' }, ACCEPTED);
    if (known.owner === 'gateway') {
      if (known.desiredState !== 'deployed')
        return this.#end(row, event, { state: 'done', message: 'Undeployed already' }, ACCEPTED);
      throw new RefusedByUs(OURS);
    }
    if (known.deploymentId !== event.deploymentId) {
      const message = `Deployment ${known.deploymentId} is live, not ${event.deploymentId}`;
      return this.#end(row, event, { state: 'failed', message }, refused(message, 'DEPLOYMENT_ID_MISMATCH'));
    }
    const isListed = row.correlationId === FROM_LISTING;
    if (!isListed && (await staleness(this.#dataSource.manager, event.remoteId, event)) !== 'fresh')
      return this.#end(row, event, OVERTAKEN, null);
    return this.#settling(row, event, (settle) => this.#deployments.undeploy(known.apiId, event, settle));
  }

  async #settling(row: InboxRow, event: ControlPlaneEvent, work: (settle: Settle) => Promise<void>): Promise<Applied> {
    let applied: Applied = STALE;
    await work(async (tx, end) => {
      if ((await lockClaim(tx, row.id, row.fencingToken)) === null) throw new StaleClaim();
      await settleEvent(tx, row.id, { ...end, ack: ackOf(row, event, ACCEPTED) });
      applied = { accepted: true, ...end };
    });
    return applied;
  }

  async #end(
    row: InboxRow,
    event: ControlPlaneEvent | null,
    end: Pick<Settled, 'state' | 'message'>,
    outcome: AckOutcome | null = null,
  ): Promise<Applied> {
    return this.#dataSource.transaction(async (tx) => {
      if ((await lockClaim(tx, row.id, row.fencingToken)) === null) return STALE;
      await settleEvent(tx, row.id, { ...end, ack: outcome === null || event === null ? null : ackOf(row, event, outcome) });
      return { accepted: true, ...end };
    });
  }

  async #again(row: InboxRow, event: ControlPlaneEvent, message: string): Promise<Applied> {
    if (row.attempts >= ATTEMPTS_MAX) return this.#end(row, event, { state: 'failed', message }, refused(message));
    const { retry_initial: baseMs, retry_max: capMs } = this.#settings;
    const dueInMs = fullJitter({ attempt: row.attempts, baseMs, capMs, random: Math.random, floorMs: 100 });
    await retryEvent(this.#dataSource.manager, row.id, message, dueInMs);
    return { accepted: true, state: 'retry', message };
  }
}

const STALE: Applied = { accepted: false, state: 'ignored', message: 'Somebody else settled it' };
const OVERTAKEN = { state: 'ignored', message: 'Something newer was applied already' } as const;
const OURS = 'The API was made on this gateway and is changed only there';

function isAboutApi(event: ControlPlaneEvent): event is Exclude<ControlPlaneEvent, SubscriptionEvent> {
  return ABOUT_APIS.has(event.kind);
}

const ABOUT_APIS: ReadonlySet<string> = new Set(['deploy', 'undeploy', 'delete', 'put-key', 'revoke-key']);

/** What a plan or subscription needs may be in an event that is still to come. */
function isNotThere(event: ControlPlaneEvent, error: unknown): boolean {
  return !isAboutApi(event) && error instanceof ApiError && error.status === 404;
}

/** What an event is about below its API, by the field of its payload: a later event about the same thing overtakes it. */
function thingOf(event: ControlPlaneEvent): Thing | null {
  switch (event.kind) {
    case 'put-key':
      return { field: 'keyName', value: event.key.name };
    case 'revoke-key':
      return { field: 'keyName', value: event.keyName };
    case 'put-subscription':
    case 'change-subscription':
    case 'end-subscription':
      return { field: 'subscriptionId', value: event.id };
    case 'put-plan':
      return { field: 'planId', value: event.plan.id };
    case 'end-plan':
      return { field: 'planId', value: event.id };
    case 'put-application':
      return { field: 'applicationId', value: event.application.id };
    case 'deploy':
    case 'undeploy':
    case 'delete':
      return null;
  }
}

class StaleClaim extends Error {}

/** What the gateway decided on its own; anything else went wrong and may go right. */
function refusalOf(error: unknown): string | null {
  if (error instanceof RefusedByUs) return error.message;
  return error instanceof ApiError && error.status < 500 && error.status !== 429 ? error.message : null;
}

/** Only deploys and undeploys are acknowledged, and not what we found out ourselves in a listing of removals. */
function ackOf(row: InboxRow, event: ControlPlaneEvent, outcome: AckOutcome): object | null {
  if (event.kind !== 'deploy' && event.kind !== 'undeploy') return null;
  return row.correlationId === FROM_LISTING && event.kind === 'undeploy' ? null : ackMessage(event, outcome);
}

/** Correlation id of events that the control plane never sent. */
export const FROM_LISTING = 'reconcile';
