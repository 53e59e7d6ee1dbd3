import { expect, it } from 'vitest';

import { checkRestApi } from '../parse-rest-api.ts';
import { exportOpenApi } from './export-openapi.ts';
import { importOpenApi } from './import-openapi.ts';

const PETS = {
  openapi: '3.1.0',
  info: { title: 'Pet Store (beta)', version: '1.2.3-rc1' },
  servers: [
    { url: 'https://{region}.pets.example.com/v1/', variables: { region: { default: 'eu' } } },
    { url: 'https://other.example.com' },
  ],
  security: [{ key: [] }],
  paths: {
    '/pets': { get: {}, post: { security: [{ key: [] }] }, trace: {} },
    '/pets/{petId}': { parameters: [], get: {}, delete: { servers: [{ url: 'https://x.example.com' }] } },
    'x-internal': {},
  },
};

it('makes a document that can be served, and says what it does not keep', () => {
  const { document, losses } = importOpenApi(PETS);
  expect(document).toMatchObject({
    metadata: { name: 'pet-store-beta-v1.2.3' },
    spec: {
      displayName: 'Pet Store beta',
      version: 'v1.2.3',
      context: '/pet-store-beta/$version',
      upstream: { main: { url: 'https://eu.pets.example.com/v1' } },
      operations: [
        { method: 'GET', path: '/pets' },
        { method: 'POST', path: '/pets' },
        { method: 'GET', path: '/pets/{petId}' },
        { method: 'DELETE', path: '/pets/{petId}' },
      ],
    },
  });
  expect(checkRestApi(document)).toMatchObject({ ok: true });
  expect(losses.map(({ code }) => code).sort()).toEqual([
    'changed',
    'changed',
    'method',
    'not_enforced',
    'not_enforced',
    'one_upstream',
    'only_first',
  ]);
});

it('does as it is told where the description is silent', () => {
  const silent = importOpenApi({ paths: { '/a': { get: {} } } });
  expect(silent.losses).toContainEqual(expect.objectContaining({ code: 'no_upstream' }));
  expect(checkRestApi(silent.document)).toMatchObject({ ok: false });
  const told = importOpenApi({ paths: { '/a': { get: {} } } }, { name: 'own', context: '/own', upstream: 'http://u' });
  expect(told.document).toMatchObject({
    metadata: { name: 'own' },
    spec: { context: '/own', upstream: { main: { url: 'http://u' } } },
  });
  expect(checkRestApi(told.document)).toMatchObject({ ok: true });
});

it('reads Swagger 2', () => {
  const swagger = {
    swagger: '2.0',
    info: { title: 'Old', version: 'v2' },
    host: 'old.example.com',
    basePath: '/api',
    schemes: ['http'],
  };
  expect(importOpenApi({ ...swagger, paths: { '/': { get: {} } } })).toMatchObject({
    document: { spec: { version: 'v2', upstream: { main: { url: 'http://old.example.com/api' } } } },
    losses: [],
  });
});

it.each([null, 7, [], { paths: 'x' }, { paths: { '/a': null } }, { info: [], servers: [null, 1], paths: { '/a': { get: 1 } } }])(
  'takes %j without falling over',
  (description) => {
    expect(importOpenApi(description).document.kind).toBe('RestApi');
  },
);

it('describes what clients may ask for, and reads its own description back', () => {
  const { document } = importOpenApi(PETS);
  const exported = exportOpenApi(document);
  expect(exported).toMatchObject({
    openapi: '3.1.0',
    info: { title: 'Pet Store beta', version: 'v1.2.3' },
    servers: [{ url: '/pet-store-beta/v1.2.3' }],
    paths: {
      '/pets/{petId}': { get: { operationId: 'getPetsPetId', parameters: [{ name: 'petId', in: 'path', required: true }] } },
    },
  });
  const { name } = document.metadata;
  const again = importOpenApi(exported, { name, context: document.spec.context, upstream: 'https://eu.pets.example.com/v1' });
  expect(again.document).toEqual(document);
});
