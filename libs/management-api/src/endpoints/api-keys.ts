import { apiKeyCreated, apiKeyList, apiKeyReleased, apiKeyRequest, apiKeyRevoked } from '../api-keys.ts';
import type { Endpoint } from '../endpoint.ts';
import { ADMINS, KEY_READERS, KEY_WRITERS } from './who.ts';

const tag = 'API keys';

export const apiKeyEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/rest-apis/:id/api-keys',
    operationId: 'listApiKeys',
    tag,
    summary: 'List the keys of an API, masked; consumers see their own',
    roles: KEY_READERS,
    answers: { 200: apiKeyList },
  },
  {
    method: 'POST',
    path: '/rest-apis/:id/api-keys',
    operationId: 'createApiKey',
    tag,
    summary: 'Make a key, or register one made elsewhere; it is shown this once',
    roles: KEY_WRITERS,
    body: apiKeyRequest,
    takes: ['wait'],
    answers: { 201: apiKeyCreated },
    refusals: [409, 429],
  },
  {
    method: 'DELETE',
    path: '/rest-apis/:id/api-keys/:key',
    operationId: 'revokeApiKey',
    tag,
    summary: 'Revoke a key, by name or uuid; revoking one that is not there succeeds too',
    roles: KEY_WRITERS,
    takes: ['wait'],
    answers: { 200: apiKeyRevoked },
  },
  {
    method: 'POST',
    path: '/rest-apis/:id/api-keys/:key/release',
    operationId: 'releaseApiKey',
    tag,
    summary: 'Serve a key again that a router reported as revoked after a rewind',
    roles: ADMINS,
    takes: ['wait'],
    answers: { 200: apiKeyReleased },
    refusals: [409],
  },
];
