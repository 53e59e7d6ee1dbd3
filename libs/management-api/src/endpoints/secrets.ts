import type { Endpoint } from '../endpoint.ts';
import { secret, secretList, secretListQuery, secretRequest } from '../secrets.ts';
import { ADMIN_READERS, ADMINS } from './who.ts';

const tag = 'Secrets';

export const secretEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/secrets',
    operationId: 'listSecrets',
    tag,
    summary: 'List secrets, without their values',
    roles: ADMIN_READERS,
    query: secretListQuery,
    answers: { 200: secretList },
  },
  {
    method: 'POST',
    path: '/secrets',
    operationId: 'createSecret',
    tag,
    summary: 'Keep a value that documents may name: {{ secret "name" }}',
    roles: ADMINS,
    body: secretRequest,
    takes: ['idempotency-key'],
    answers: { 201: secret },
    refusals: [409],
  },
  {
    method: 'GET',
    path: '/secrets/:id',
    operationId: 'getSecret',
    tag,
    summary: 'Read what is known of a secret and which APIs use it; its value is never answered',
    roles: ADMIN_READERS,
    answers: { 200: secret },
  },
  {
    method: 'PUT',
    path: '/secrets/:id',
    operationId: 'updateSecret',
    tag,
    summary: 'Give a secret another value; the APIs that use it have it at once',
    roles: ADMINS,
    body: secretRequest,
    takes: ['wait', 'if-match'],
    answers: { 200: secret },
    refusals: [409],
  },
  {
    method: 'DELETE',
    path: '/secrets/:id',
    operationId: 'deleteSecret',
    tag,
    summary: 'Forget a secret that no API uses',
    roles: ADMINS,
    takes: ['if-match'],
    answers: { 200: null },
    refusals: [409],
  },
];
