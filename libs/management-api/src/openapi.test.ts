import { expect, it } from 'vitest';

import { ENDPOINTS } from './endpoints.ts';
import { openApiDocument } from './openapi.ts';

const document = openApiDocument('1.2.3');
const operations = Object.values(document.paths).flatMap((path) => Object.values(path));

it('has every endpoint, once', () => {
  expect(operations.map(({ operationId }) => operationId).sort()).toEqual(ENDPOINTS.map(({ operationId }) => operationId).sort());
  expect(Object.keys(document.paths).filter((path) => !/^(\/(\{\w+\}|[a-z0-9.-]+(:[a-z-]+)?))+$/.test(path))).toEqual([]);
});

it('refers to nothing that it does not have, and has nothing that it does not refer to', () => {
  const referred = [...JSON.stringify(document).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name);
  const defined = Object.keys(document.components.schemas);
  expect([...new Set(referred)].sort()).toEqual(defined.filter((name) => referred.includes(name)).sort());
  expect(defined.filter((name) => !referred.includes(name))).toEqual([]);
  expect(JSON.stringify(document)).not.toMatch(/"\$ref":"(?!#\/)/);
});

it('says of an operation what a client needs', () => {
  expect(document.paths['/rest-apis/{id}']?.['put']).toMatchObject({
    operationId: 'replaceRestApi',
    description: 'Roles: admin, developer.',
    parameters: [{ name: 'id', in: 'path', required: true }, { name: 'wait' }, { name: 'Prefer' }, { name: 'If-Match' }],
    requestBody: { required: true, content: { 'application/yaml': {} } },
    responses: { 200: {}, 404: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } } }, 412: {} },
  });
});
