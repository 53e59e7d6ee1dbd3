import { randomUUID } from 'node:crypto';

import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { NotificationSubscription, NotificationSubscriptionRequest } from '@tidegate/management-api';
import { Secret } from '@tidegate/process';
import { DataSource } from 'typeorm';

import type { ControllerConfig } from '../config.ts';
import type { Db } from '../environments/deployment-targets.ts';
import { GatewaysService } from '../gateways/gateways.service.ts';
import { conflict, notFound } from '../http/api-error.ts';
import { CONFIG } from '../settings.module.ts';
import { WebhookDestinations } from '../webhooks/webhook-destinations.ts';
import { subscriptionSecret } from './subscription-secret.ts';

const SUBSCRIPTIONS_MAX = 500;

/** Who wants to be told what about which gateway. */
@Injectable()
export class NotificationSubscriptions implements OnModuleInit {
  readonly #db: Db;
  readonly #gateways: GatewaysService;
  readonly #destinations: WebhookDestinations;
  /** `null` = there is nothing to sign with */
  readonly #key: Secret | null;
  readonly #canMail: boolean;

  constructor(
    @Inject(DataSource) dataSource: DataSource,
    @Inject(GatewaysService) gateways: GatewaysService,
    @Inject(WebhookDestinations) destinations: WebhookDestinations,
    @Inject(CONFIG) { controller }: Pick<ControllerConfig, 'controller'>,
  ) {
    const { signing_key: own, smtp } = controller.notifications;
    this.#db = dataSource.manager;
    this.#gateways = gateways;
    this.#destinations = destinations;
    this.#key = [own, controller.sync.token].find((key) => key.reveal() !== '') ?? null;
    this.#canMail = smtp.host !== '';
  }

  onModuleInit(): void {
    this.#destinations.add('subscription', async (id) => {
      const [row] = await this.#db.query<StoredSubscription[]>(`${SELECT} WHERE subscription.id::text = $1`, [id]);
      if (row === undefined || this.#key === null) return null;
      return { url: row.target, secret: new Secret(subscriptionSecret(this.#key, row.id)), allowPrivate: row.allowPrivate };
    });
  }

  async list(): Promise<NotificationSubscription[]> {
    return (await this.#db.query<StoredSubscription[]>(`${SELECT} ORDER BY subscription.created_at DESC, subscription.id`)).map(
      answered,
    );
  }

  /** @throws ApiError 404 */
  async one(id: string): Promise<NotificationSubscription> {
    const [row] = await this.#db.query<StoredSubscription[]>(`${SELECT} WHERE subscription.id::text = lower($1)`, [id]);
    if (row === undefined) throw notFound(`Subscription '${id.slice(0, 64)}' not found`);
    return answered(row);
  }

  /** The secret that signs its webhooks is in this answer only. @throws ApiError 404, 409 */
  async create(
    request: NotificationSubscriptionRequest,
    by: string,
  ): Promise<NotificationSubscription & { readonly secret: string | null }> {
    const { gatewayId, level, eventType, channel, target, allowPrivate } = request;
    if (channel === 'email' && !this.#canMail)
      throw conflict('MAIL_NOT_CONFIGURED', 'controller.notifications.smtp.host is not set: no mail can be sent');
    if (channel === 'webhook' && this.#key === null)
      throw conflict('SIGNING_KEY_MISSING', 'controller.notifications.signing_key is not set: webhooks could not be signed');
    const gateway = gatewayId === '*' ? null : (await this.#gateways.one(gatewayId)).id;
    await this.#refuseDoubles({ gateway, eventType, channel, target });
    const id = randomUUID();
    await this.#db.query(
      `INSERT INTO notification_subscription (id, account_id, gateway_id, level, event_type, channel, target, allow_private, created_by)
       SELECT $1, account_id, $2, $3, $4, $5, $6, $7, $8 FROM installation`,
      [id, gateway, level, eventType, channel, target, allowPrivate, by],
    );
    const secret = channel === 'webhook' && this.#key !== null ? subscriptionSecret(this.#key, id) : null;
    return { ...(await this.one(id)), secret };
  }

  /** What was owed to it is dropped. @throws ApiError 404 */
  async remove(id: string): Promise<void> {
    const { id: found } = await this.one(id);
    await this.#db.query(`DELETE FROM notification_subscription WHERE id = $1`, [found]);
  }

  /** Nobody is told the same twice: "all" and a single type to one target exclude each other. */
  async #refuseDoubles({ gateway, eventType, channel, target }: Wanted): Promise<void> {
    const there = await this.#db.query<{ event_type: string }[]>(
      `SELECT event_type FROM notification_subscription WHERE gateway_id IS NOT DISTINCT FROM $1 AND channel = $2 AND target = $3`,
      [gateway, channel, target],
    );
    const [double] = there.filter((one) => one.event_type === eventType || one.event_type === 'all' || eventType === 'all');
    if (double !== undefined)
      throw conflict(
        'SUBSCRIPTION_EXISTS',
        `${target} has a subscription for '${double.event_type}' events of that gateway already`,
      );
    const [count] = await this.#db.query<{ count: number }[]>(`SELECT count(*)::int AS count FROM notification_subscription`);
    if ((count?.count ?? 0) >= SUBSCRIPTIONS_MAX)
      throw conflict('TOO_MANY_SUBSCRIPTIONS', `There are ${SUBSCRIPTIONS_MAX} subscriptions already`);
  }
}

interface Wanted {
  readonly gateway: string | null;
  readonly eventType: string;
  readonly channel: string;
  readonly target: string;
}

interface StoredSubscription {
  readonly id: string;
  readonly gatewayId: string | null;
  readonly gateway: string | null;
  readonly level: NotificationSubscription['level'];
  readonly eventType: NotificationSubscription['eventType'];
  readonly channel: NotificationSubscription['channel'];
  readonly target: string;
  readonly allowPrivate: boolean;
  readonly createdBy: string;
  readonly createdAt: Date;
  readonly lastError: string | null;
}

const SELECT = `
  SELECT subscription.id, gateway_id AS "gatewayId", gateway.handle AS gateway, level, event_type AS "eventType", channel, target,
         allow_private AS "allowPrivate", created_by AS "createdBy", subscription.created_at AS "createdAt",
         CASE channel
           WHEN 'email' THEN (SELECT last_error FROM mail_delivery WHERE subscription_id = subscription.id ORDER BY id DESC LIMIT 1)
           ELSE (SELECT last_error FROM webhook_delivery WHERE destination = 'subscription:' || subscription.id ORDER BY id DESC LIMIT 1)
         END AS "lastError"
  FROM notification_subscription AS subscription LEFT JOIN gateway ON gateway.id = gateway_id`;

function answered({ gatewayId, gateway, createdAt, ...row }: StoredSubscription): NotificationSubscription {
  return {
    ...row,
    gateway: gatewayId === null ? null : { id: gatewayId, name: gateway ?? '' },
    createdAt: createdAt.toISOString(),
  };
}
