import { Body, Controller, Delete, Get, HttpCode, Inject, Param, Post, Query, Res } from '@nestjs/common';
import {
  type FeedQuery,
  feedQuery,
  type GatewayEventQuery,
  gatewayEventQuery,
  type NotificationSubscriptionRequest,
  notificationSubscriptionRequest,
} from '@tidegate/management-api';
import type { FastifyReply } from 'fastify';

import type { Caller } from '../http/access.ts';
import { bodyOf, noBody } from '../http/body.ts';
import { CalledBy } from '../http/caller.ts';
import { queryOf } from '../http/query.ts';
import { GatewayEvents } from './gateway-events.service.ts';
import { NotificationSubscriptions } from './subscriptions.service.ts';

@Controller(['', 'api/management/v1'])
export class NotificationsController {
  readonly #subscriptions: NotificationSubscriptions;
  readonly #events: GatewayEvents;

  constructor(
    @Inject(NotificationSubscriptions) subscriptions: NotificationSubscriptions,
    @Inject(GatewayEvents) events: GatewayEvents,
  ) {
    this.#subscriptions = subscriptions;
    this.#events = events;
  }

  @Get('notification-subscriptions')
  async list() {
    const subscriptions = await this.#subscriptions.list();
    const { length } = subscriptions;
    return { status: 'success', count: length, total: length, limit: length, offset: 0, subscriptions };
  }

  @Post('notification-subscriptions')
  create(
    @Body(bodyOf(notificationSubscriptionRequest)) request: NotificationSubscriptionRequest,
    @CalledBy() { id: by }: Caller,
  ) {
    return this.#subscriptions.create(request, by);
  }

  @Get('notification-subscriptions/:id')
  one(@Param('id') id: string) {
    return this.#subscriptions.one(id);
  }

  @Delete('notification-subscriptions/:id')
  @HttpCode(200)
  async remove(@Param('id') id: string) {
    await this.#subscriptions.remove(id);
    return { status: 'success', message: 'Subscription deleted', id };
  }

  @Get('gateways/:id/events')
  async events(@Param('id') id: string, @Query(queryOf(gatewayEventQuery)) query: GatewayEventQuery) {
    const events = await this.#events.list(id, query);
    const { length } = events;
    return { status: 'success', count: length, total: length, limit: query.limit, offset: 0, events };
  }

  @Get('gateways/:id/events.atom')
  async feed(
    @Param('id') id: string,
    @Query(queryOf(feedQuery)) query: FeedQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const feed = await this.#events.feed(id, query);
    reply.header('Content-Type', 'application/atom+xml; charset=utf-8').header('Cache-Control', 'private, max-age=30');
    return feed;
  }

  /** The token is in this answer only; an older one opens nothing any more. */
  @Post('gateways/:id/feed-token')
  async feedToken(@Body(noBody) _: object, @Param('id') id: string) {
    const token = await this.#events.issueFeedToken(id);
    const feeds = (['monitor', 'alerts'] as const).map(
      (feed) => `/gateways/${encodeURIComponent(id)}/events.atom?feed=${feed}&token=${token}`,
    );
    return { status: 'success', token, monitor: feeds[0], alerts: feeds[1] };
  }
}
