import { restApiDocument } from '@tidegate/rest-api';

import type { Endpoint } from '../endpoint.ts';
import { restApiAnswer, restApiDeleted, restApiList, restApiListQuery, syncRequest } from '../rest-apis.ts';
import { API_READERS, API_WRITERS } from './who.ts';

const tag = 'REST APIs';

export const restApiEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/rest-apis',
    operationId: 'listRestApis',
    tag,
    summary: 'List APIs, newest first',
    roles: API_READERS,
    query: restApiListQuery,
    answers: { 200: restApiList },
  },
  {
    method: 'POST',
    path: '/rest-apis',
    operationId: 'createRestApi',
    tag,
    summary: 'Deploy an API',
    roles: API_WRITERS,
    body: restApiDocument,
    takes: ['wait', 'idempotency-key'],
    answers: { 201: restApiAnswer },
    refusals: [409],
  },
  {
    method: 'GET',
    path: '/rest-apis/:id',
    operationId: 'getRestApi',
    tag,
    summary: 'Read an API, by handle or uuid',
    roles: API_READERS,
    answers: { 200: restApiAnswer },
  },
  {
    method: 'PUT',
    path: '/rest-apis/:id',
    operationId: 'replaceRestApi',
    tag,
    summary: 'Replace the document of an API; the same bytes push it to APIM again',
    roles: API_WRITERS,
    body: restApiDocument,
    takes: ['wait', 'if-match'],
    answers: { 200: restApiAnswer },
    refusals: [409],
  },
  {
    method: 'DELETE',
    path: '/rest-apis/:id',
    operationId: 'deleteRestApi',
    tag,
    summary: 'Delete an API here, and undeploy it in APIM',
    roles: API_WRITERS,
    takes: ['wait', 'if-match'],
    answers: { 200: restApiDeleted },
    refusals: [409],
  },
  {
    method: 'POST',
    path: '/rest-apis/:id/sync',
    operationId: 'syncRestApi',
    tag,
    summary: 'Push an API to APIM now, or adopt the one that is there',
    roles: API_WRITERS,
    body: syncRequest,
    takes: ['wait', 'idempotency-key'],
    answers: { 202: restApiAnswer },
    refusals: [409],
  },
];
