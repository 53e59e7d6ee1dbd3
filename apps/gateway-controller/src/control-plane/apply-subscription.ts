import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { RemoteSubscriptions } from '../subscriptions/remote-subscriptions.ts';
import type { Settle } from './apply-event.ts';
import { findRemoteApi } from './remote-apis.ts';
import { NotYet } from './remote-deployments.ts';
import type { SubscriptionEvent } from './subscription-event.ts';

/** Subscription events with the control plane's ids of APIs in ours. */
@Injectable()
export class ApplySubscription {
  readonly #dataSource: DataSource;
  readonly #subscriptions: RemoteSubscriptions;

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(RemoteSubscriptions) subscriptions: RemoteSubscriptions) {
    this.#dataSource = dataSource;
    this.#subscriptions = subscriptions;
  }

  /** @throws NotYet while the API is not known, ApiError; `settle` runs in the transaction that writes */
  async apply(event: SubscriptionEvent, settle: Settle): Promise<void> {
    const done = (tx: Parameters<Settle>[0], message: string): Promise<void> => settle(tx, { state: 'done', message });
    switch (event.kind) {
      case 'put-subscription': {
        const { kind: _, remoteId, ...subscription } = event;
        return this.#subscriptions.put({ ...subscription, apiId: await this.#apiOf(remoteId) }, done);
      }
      case 'change-subscription': {
        const { kind: _, remoteId, digest, ...change } = event;
        const api = remoteId === null ? {} : { apiId: await this.#apiOf(remoteId) };
        return this.#subscriptions.update({ ...change, ...api, ...(digest === null ? {} : { digest }) }, done);
      }
      case 'end-subscription':
        return this.#subscriptions.remove(event.id, done);
      case 'put-plan':
        return this.#subscriptions.putPlan(event.plan, done);
      case 'end-plan':
        return this.#subscriptions.removePlan(event.id, done);
      case 'put-application':
        return this.#subscriptions.putApplication(event.application, done);
    }
  }

  async #apiOf(remoteId: string): Promise<string> {
    const known = await findRemoteApi(this.#dataSource.manager, remoteId);
    if (known === null || (known.owner === 'gateway' && known.desiredState === 'deleted'))
      throw new NotYet(`API ${remoteId} is not known here (yet)`);
    return known.apiId;
  }
}
