import type { Endpoint } from '../endpoint.ts';
import { gatewayDeleted } from '../gateways.ts';
import {
  feedQuery,
  feedToken,
  gatewayEventList,
  gatewayEventQuery,
  notificationSubscription,
  notificationSubscriptionCreated,
  notificationSubscriptionList,
  notificationSubscriptionRequest,
} from '../notifications.ts';
import { ADMINS, API_READERS } from './who.ts';

const tag = 'Notifications';

export const notificationEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/notification-subscriptions',
    operationId: 'listNotificationSubscriptions',
    tag,
    summary: 'List who is told what about gateways',
    roles: ADMINS,
    answers: { 200: notificationSubscriptionList },
  },
  {
    method: 'POST',
    path: '/notification-subscriptions',
    operationId: 'createNotificationSubscription',
    tag,
    summary: 'Have a webhook called or a letter sent when something happens to a gateway',
    roles: ADMINS,
    body: notificationSubscriptionRequest,
    takes: ['idempotency-key'],
    answers: { 201: notificationSubscriptionCreated },
    refusals: [404, 409],
  },
  {
    method: 'GET',
    path: '/notification-subscriptions/:id',
    operationId: 'getNotificationSubscription',
    tag,
    summary: 'Read one subscription',
    roles: ADMINS,
    answers: { 200: notificationSubscription },
  },
  {
    method: 'DELETE',
    path: '/notification-subscriptions/:id',
    operationId: 'deleteNotificationSubscription',
    tag,
    summary: 'Tell it nothing any more',
    roles: ADMINS,
    answers: { 200: gatewayDeleted },
  },
  {
    method: 'GET',
    path: '/gateways/:id/events',
    operationId: 'listGatewayEvents',
    tag,
    summary: 'List what has happened to a gateway, the newest first',
    roles: API_READERS,
    query: gatewayEventQuery,
    answers: { 200: gatewayEventList },
  },
  {
    method: 'GET',
    path: '/gateways/:id/events.atom',
    operationId: 'getGatewayFeed',
    tag,
    summary: 'Read the Atom feed of a gateway, with its token',
    roles: 'anyone',
    query: feedQuery,
    answers: { 200: { contentType: 'application/atom+xml' } },
    refusals: [401],
  },
  {
    method: 'POST',
    path: '/gateways/:id/feed-token',
    operationId: 'createFeedToken',
    tag,
    summary: 'Make the token that opens the Atom feeds of a gateway; the one before ends',
    roles: ADMINS,
    answers: { 201: feedToken },
  },
];
