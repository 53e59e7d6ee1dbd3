import type { Endpoint } from '../endpoint.ts';

const tag = 'Documentation';

export const documentationEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/openapi.json',
    operationId: 'getOpenApi',
    tag,
    summary: 'This API as OpenAPI 3.1',
    roles: 'anyone',
    answers: { 200: { contentType: 'application/json' } },
  },
  {
    method: 'GET',
    path: '/docs',
    operationId: 'getDocs',
    tag,
    summary: 'The same as a page to read',
    roles: 'anyone',
    answers: { 200: { contentType: 'text/html; charset=utf-8' } },
  },
];
