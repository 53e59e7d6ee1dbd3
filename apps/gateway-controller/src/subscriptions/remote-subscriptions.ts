import { Inject, Injectable } from '@nestjs/common';
import { EntryKind } from '@tidegate/gateway-ir';
import { DataSource, type EntityManager } from 'typeorm';

import { type GatewayChange, GatewayWriter } from '../change-log/gateway-writer.ts';
import { type Reach, writeReaching } from '../change-log/write-reaching.ts';
import type { Db } from '../environments/deployment-targets.ts';
import { badRequest, conflict, notFound } from '../http/api-error.ts';
import { lockApi } from '../rest-apis/rest-apis.repository.ts';
import { insertApplication, keysOfApplication, placesOfKeys } from './applications.repository.ts';
import { planChanges, reachOfApis, reachOfPlan, subscriptionChanges } from './subscription-entries.ts';
import { deletePlan, lockPlan, type PlanRow, storePlan } from './subscription-plans.repository.ts';
import {
  deleteSubscription,
  findSubscription,
  insertSubscription,
  lockSubscription,
  type SubscriptionRow,
  updateSubscription,
} from './subscriptions.repository.ts';

/** Ends an event in the transaction that did what it asked for; `message` says what was done. */
export type SettleEvent = (tx: EntityManager, message: string) => Promise<void>;

export type RemoteSubscription = Pick<
  SubscriptionRow,
  'id' | 'apiId' | 'applicationId' | 'planId' | 'billingCustomerId' | 'billingSubscriptionId' | 'status'
> & {
  /** SHA-256 of the token, 32 bytes */
  readonly digest: Buffer;
};

/** Of a subscription that is here already: `null` clears, absent stays. */
export type RemoteSubscriptionChange = Pick<SubscriptionRow, 'id' | 'applicationId' | 'planId' | 'status'> & {
  readonly apiId?: string;
  readonly digest?: Buffer;
};

export type RemotePlan = Omit<PlanRow, 'origin' | 'generation' | 'createdBy' | 'createdAt' | 'updatedAt' | 'subscriptionCount'>;

export interface RemoteApplication {
  readonly id: string;
  readonly uuid: string;
  readonly name: string;
  readonly type: string;
  /** Every key of the application, as its owner knows them; those unknown here are passed over */
  readonly keyUuids: readonly string[];
}

/**
 * Subscriptions, plans and applications as the control plane tells of them (control-plane reference §2.9). Those made on this gateway
 * are never touched from there. Ids are uuids. Every method is idempotent; @throws ApiError for what cannot be, 404 `not_found`
 * where another event may have to come first.
 */
@Injectable()
export class RemoteSubscriptions {
  readonly #db: Db;
  readonly #writer: GatewayWriter;

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(GatewayWriter) writer: GatewayWriter) {
    this.#db = dataSource.manager;
    this.#writer = writer;
  }

  /** `subscription.created`: what is here under this id becomes this. */
  async put({ digest, ...wanted }: RemoteSubscription, settle: SettleEvent): Promise<void> {
    refuseOddId(wanted.id);
    const before = await findSubscription(this.#db, wanted.id);
    await this.#write(reachOfApis(...new Set([wanted.apiId, before?.apiId ?? wanted.apiId])), async (tx, reached) => {
      await refuseMissing(tx, wanted);
      const gatewayIds = await reached();
      const row = await lockSubscription(tx, wanted.id);
      refuseOurs(row);
      const now = new Date();
      const made = { ...wanted, origin: 'control_plane' as const, createdBy: BY, updatedAt: now };
      if (row === null) await insertSubscription(tx, { ...made, generation: 1, createdAt: now }, digest);
      else await updateSubscription(tx, { ...row, ...made, generation: row.generation + 1 }, digest);
      await settle(tx, `Subscription ${wanted.id} is ${wanted.status}`);
      return subscriptionChanges(gatewayIds, wanted.id);
    });
  }

  /** `subscription.updated`: of one that is not here nothing is known. */
  async update({ digest, ...change }: RemoteSubscriptionChange, settle: SettleEvent): Promise<void> {
    const before = await findSubscription(this.#db, change.id);
    if (before === null) throw notFound(`Subscription ${change.id} is not known here (yet)`);
    await this.#write(reachOfApis(...new Set([before.apiId, change.apiId ?? before.apiId])), async (tx, reached) => {
      await refuseMissing(tx, { apiId: change.apiId ?? before.apiId, planId: change.planId });
      const gatewayIds = await reached();
      const row = await lockSubscription(tx, before.id);
      if (row === null) throw notFound(`Subscription ${change.id} is not known here any more`);
      refuseOurs(row);
      const next = { ...row, ...change, id: row.id, generation: row.generation + 1, updatedAt: new Date() };
      await updateSubscription(tx, next, digest ?? null);
      await settle(tx, `Subscription ${row.id} is ${next.status}`);
      return subscriptionChanges(gatewayIds, row.id);
    });
  }

  /** `subscription.deleted`: one that is not here has ended already. */
  async remove(id: string, settle: SettleEvent): Promise<void> {
    const before = await findSubscription(this.#db, id);
    await this.#write(reachOfApis(...(before === null ? [] : [before.apiId])), async (tx, reached) => {
      const gatewayIds = await reached();
      const row = before === null ? null : await lockSubscription(tx, before.id);
      refuseOurs(row);
      if (row !== null) await deleteSubscription(tx, row.id);
      await settle(tx, row === null ? `Subscription ${id} is not there` : `Subscription ${id} has ended`);
      return row === null ? [] : subscriptionChanges(gatewayIds, row.id);
    });
  }

  /** `subscriptionPlan.created` and `.updated` */
  async putPlan(wanted: RemotePlan, settle: SettleEvent): Promise<void> {
    refuseOddId(wanted.id);
    await this.#write(reachOfPlan(wanted.id), async (tx, reached) => {
      const plan = await lockPlan(tx, wanted.id);
      refuseOurs(plan);
      await reached();
      const now = new Date();
      const made = { origin: 'control_plane' as const, generation: 1, createdBy: BY, createdAt: now, subscriptionCount: 0 };
      const kept = plan === null ? made : { ...plan, generation: plan.generation + 1 };
      await storePlan(tx, { ...kept, ...wanted, updatedAt: now });
      await settle(tx, `Plan '${wanted.name}' is ${wanted.status}`);
      return planChanges(tx, wanted.id);
    });
  }

  /** `subscriptionPlan.deleted`. While subscriptions have it, it stays, and lets nobody in: their own end has not been told yet. */
  async removePlan(id: string, settle: SettleEvent): Promise<void> {
    await this.#write(reachOfPlan(id), async (tx, reached) => {
      const plan = await lockPlan(tx, id);
      refuseOurs(plan);
      await reached();
      if (plan === null) {
        await settle(tx, `Plan ${id} is not there`);
        return [];
      }
      if (plan.subscriptionCount === 0) await deletePlan(tx, plan.id);
      else await storePlan(tx, { ...plan, status: 'INACTIVE', generation: plan.generation + 1, updatedAt: new Date() });
      const left = plan.subscriptionCount === 0 ? 'is gone' : `is INACTIVE until its ${plan.subscriptionCount} subscriptions end`;
      await settle(tx, `Plan '${plan.name}' ${left}`);
      return planChanges(tx, plan.id);
    });
  }

  /** `application.updated`: these keys are the application's, and no others. */
  async putApplication(application: RemoteApplication, settle: SettleEvent): Promise<void> {
    const reach: Reach = async (db) => {
      const keys = [...(await keysOfApplication(db, application.id)), ...application.keyUuids];
      return [...new Set((await placesOfKeys(db, keys)).map(({ gatewayId }) => gatewayId))];
    };
    await this.#write(reach, async (tx, reached) => {
      const before = await keysOfApplication(tx, application.id);
      await insertApplication(tx, application);
      await reached();
      await settle(tx, `Application '${application.name}' has ${application.keyUuids.length} keys`);
      const places = await placesOfKeys(tx, [...before, ...application.keyUuids]);
      return places.map(({ gatewayId, id }) => ({ gatewayId, kind: EntryKind.API_KEY, entryId: id, removed: false }));
    });
  }

  async #write(
    reach: Reach,
    work: (tx: EntityManager, reached: () => Promise<string[]>) => Promise<readonly GatewayChange[]>,
  ): Promise<void> {
    await writeReaching({ db: this.#db, writer: this.#writer }, reach, async (tx, reached) => ({
      result: undefined,
      changes: await work(tx, reached),
    }));
  }
}

const BY = 'control-plane';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

function refuseOddId(id: string): void {
  if (!UUID.test(id)) throw badRequest('invalid_id', `'${id}' is not a uuid`);
}

async function refuseMissing(tx: Db, { apiId, planId }: Pick<SubscriptionRow, 'apiId' | 'planId'>): Promise<void> {
  if ((await lockApi(tx, apiId)) === null) throw notFound(`API ${apiId} is not known here (yet)`);
  if (planId === null) return;
  const [plan] = await tx.query<unknown[]>(`SELECT 1 FROM subscription_plan WHERE id::text = lower($1) FOR SHARE`, [planId]);
  if (plan === undefined) throw notFound(`Subscription plan ${planId} is not known here (yet)`);
}

function refuseOurs(row: { readonly origin: string; readonly id: string } | null): void {
  if (row === null || row.origin === 'control_plane') return;
  throw conflict('made_here', `${row.id} was made on this gateway; the control plane cannot change it`);
}
