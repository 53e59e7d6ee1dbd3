import { z } from 'zod';

import type { Endpoint } from '../endpoint.ts';
import { deletionsConfirmed, gatewayList, joinTokenAnswer, joinTokenRequest } from '../gateways.ts';
import { paging } from '../lists.ts';
import { ADMINS, API_READERS } from './who.ts';

const tag = 'Gateways';

export const gatewayEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/gateways',
    operationId: 'listGateways',
    tag,
    summary: 'List gateways with their nodes and issues',
    roles: API_READERS,
    query: z.object(paging),
    answers: { 200: gatewayList },
  },
  {
    method: 'POST',
    path: '/gateways/:id/join-tokens',
    operationId: 'createJoinToken',
    tag,
    summary: 'Make a token that one router exchanges for its credential; it is shown this once',
    roles: ADMINS,
    body: joinTokenRequest,
    takes: ['idempotency-key'],
    answers: { 201: joinTokenAnswer },
  },
  {
    method: 'POST',
    path: '/gateways/:id/confirm-deletions',
    operationId: 'confirmDeletions',
    tag,
    summary: 'Let routers take what a new epoch deletes',
    roles: ADMINS,
    takes: ['wait', 'idempotency-key'],
    answers: { 200: deletionsConfirmed },
  },
];
