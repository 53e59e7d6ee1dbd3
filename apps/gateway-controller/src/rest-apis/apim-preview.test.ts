import type { RestApiDocument } from '@tidegate/rest-api';
import { expect, test } from 'vitest';

import { sampleApi } from '../testing/controller-under-test.ts';
import { previewApim } from './apim-preview.ts';

const document = (spec: Record<string, unknown> = {}) => sampleApi('Seen', spec) as RestApiDocument;
const deployed = { document: document(), desiredState: 'deployed' as const };

test('a new API is everything it has', () => {
  expect(previewApim(null, document())).toEqual({
    action: 'import',
    changes: [
      { path: 'context', before: null, after: '/seen' },
      { path: 'endpoint.production', before: null, after: 'https://petstore.example.com' },
      { path: 'endpoint.sandbox', before: null, after: 'https://petstore.example.com' },
      { path: 'operations.GET /pet/{petId}', before: null, after: '[]' },
      { path: 'policies', before: null, after: '[]' },
    ],
    losses: [],
  });
});

test('of an edit what differs, and what APIM cannot be told', () => {
  const operations = [{ method: 'POST', path: '/pet' }];
  const upstream = { main: { url: 'https://{{ env "HOST" }}' } };
  const seen = previewApim(deployed, document({ operations, upstream, vhosts: { main: 'a.example.com' } }));
  expect(seen.action).toBe('import');
  expect(seen.changes).toEqual([
    { path: 'endpoint.production', before: 'https://petstore.example.com', after: 'https://{{ env "HOST" }}' },
    { path: 'endpoint.sandbox', before: 'https://petstore.example.com', after: 'https://{{ env "HOST" }}' },
    { path: 'operations.GET /pet/{petId}', before: '[]', after: null },
    { path: 'operations.POST /pet', before: null, after: '[]' },
  ]);
  expect(seen.losses.map(({ path }) => path)).toEqual(expect.arrayContaining(['spec.vhosts', 'spec.upstream.main.url']));
  expect(previewApim(deployed, document())).toMatchObject({ action: 'import', changes: [] });
});

test('an undeployed API is nothing to APIM, or is taken out of it', () => {
  const undeployed = document({ desiredState: 'undeployed' });
  expect(previewApim(deployed, undeployed)).toMatchObject({ action: 'undeploy', changes: [] });
  expect(previewApim({ ...deployed, desiredState: 'undeployed' }, undeployed)).toMatchObject({ action: 'nothing' });
  expect(previewApim({ ...deployed, desiredState: 'undeployed' }, document()).changes).toHaveLength(5);
});

test('what cannot be imported is said', () => {
  expect(previewApim(null, document({ upstream: { main: { ref: 'none' } } }))).toMatchObject({
    action: 'nothing',
    refused: 'no upstream URL configured for endpoint',
  });
});
