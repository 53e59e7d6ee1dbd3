import { z } from 'zod';

import { listOf } from './lists.ts';

export type NotificationSubscription = z.infer<typeof notificationSubscription>;
export type NotificationSubscriptionRequest = z.output<typeof notificationSubscriptionRequest>;
export type NotificationSubscriptionCreated = z.infer<typeof notificationSubscriptionCreated>;
export type NotificationSubscriptionList = z.infer<typeof notificationSubscriptionList>;
export type GatewayEventItem = z.infer<typeof gatewayEventItem>;
export type GatewayEventQuery = z.output<typeof gatewayEventQuery>;
export type GatewayEventList = z.infer<typeof gatewayEventList>;
export type FeedQuery = z.output<typeof feedQuery>;
export type FeedToken = z.infer<typeof feedToken>;

const level = z.enum(['INFO', 'WARNING', 'ERROR']);
const eventType = z.enum(['all', 'status', 'issue', 'operation']);
const time = z.iso.datetime();

/** POST /notification-subscriptions */
export const notificationSubscriptionRequest = z
  .strictObject({
    gatewayId: z.string().max(128).default('*').describe('Handle or uuid; "*" = every gateway, those to come too'),
    level: level.default('WARNING').describe('From this level up'),
    eventType: eventType.default('all'),
    channel: z.enum(['webhook', 'email']),
    target: z.string().trim().min(1).max(2048).describe('https URL, or mail address'),
    allowPrivate: z.boolean().default(false).describe('Webhooks: the URL may be http, and lie on a private network'),
  })
  .superRefine(({ channel, target, allowPrivate }, context) => {
    const isUrl = z.url({ protocol: allowPrivate ? /^https?$/ : /^https$/ }).safeParse(target).success;
    const isFit = channel === 'webhook' ? isUrl : z.email().max(254).safeParse(target).success;
    if (!isFit)
      context.addIssue({
        code: 'custom',
        path: ['target'],
        message: channel === 'webhook' ? 'must be an https URL' : 'must be a mail address',
      });
  });

export const notificationSubscription = z.object({
  id: z.uuid(),
  gateway: z.object({ id: z.uuid(), name: z.string() }).nullable().describe('null = every gateway'),
  level,
  eventType,
  channel: z.enum(['webhook', 'email']),
  target: z.string(),
  allowPrivate: z.boolean(),
  createdBy: z.string(),
  createdAt: time,
  lastError: z.string().nullable().describe('Of the newest delivery, if it has failed'),
});

export const notificationSubscriptionCreated = notificationSubscription.extend({
  secret: z.string().nullable().describe('Signs its webhooks; shown this once. null for mail'),
});

export const notificationSubscriptionList = listOf('subscriptions', notificationSubscription);

/** GET /gateways/{id}/events; a week is kept. */
export const gatewayEventQuery = z.object({
  level: level.default('INFO').describe('From this level up'),
  type: eventType.default('all'),
  since: time.optional(),
  limit: z.coerce.number<string>().int().min(1).max(1000).default(100),
});

export const gatewayEventItem = z.object({
  id: z.string(),
  at: time,
  level,
  type: z.enum(['status', 'issue', 'operation']),
  title: z.string(),
  detail: z.record(z.string(), z.unknown()),
});

export const gatewayEventList = listOf('events', gatewayEventItem);

export const feedQuery = z.object({
  feed: z.enum(['monitor', 'alerts']).default('monitor').describe('alerts = warnings and errors only'),
  token: z.string().max(128).default('').describe('Of POST /gateways/{id}/feed-token'),
});

export const feedToken = z.object({
  status: z.literal('success'),
  token: z.string().describe('Shown this once'),
  monitor: z.string(),
  alerts: z.string(),
});
