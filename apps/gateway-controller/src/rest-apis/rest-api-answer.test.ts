import { restApiAnswer as contract, restApiList } from '@tidegate/management-api';
import { checkRestApi } from '@tidegate/rest-api';
import { expect, it } from 'vitest';

import type { SyncStatus } from '../apim-link/sync-info.ts';
import { listedRestApi, restApiAnswer } from './rest-api-answer.ts';
import type { ApiRow } from './rest-apis.repository.ts';

const vhosts = { main: '*', sandbox: 'sandbox-*' };
const AT = new Date('2026-04-26T10:30:00Z');
const POLICY = { name: 'rate-limit', version: 'v1', params: { limit: 1000, window: 3600 } };

function row(change: Partial<ApiRow> = {}): ApiRow {
  const parsed = checkRestApi({
    apiVersion: 'gateway.api-platform.wso2.com/v1alpha1',
    kind: 'RestApi',
    metadata: { name: 'PetStoreAPI' },
    spec: {
      displayName: 'PetStore API',
      version: 'v1.0',
      context: '/petstore/$version',
      upstream: { main: { url: 'https://petstore.example.com' } },
      policies: [POLICY],
      operations: [{ method: 'GET', path: '/pet/{petId}' }],
    },
  });
  if (!parsed.ok) throw new Error(parsed.message);
  return {
    id: '018f6b1e-1c00-7000-8000-000000000001',
    accountId: '018f6b1e-1c00-7000-8000-000000000002',
    handle: 'PetStoreAPI',
    displayName: 'PetStore API',
    version: 'v1.0',
    document: parsed.value,
    desiredState: 'deployed',
    origin: 'gateway_api',
    generation: 1,
    createdBy: 'admin',
    createdAt: AT,
    updatedAt: AT,
    deployedAt: AT,
    ...change,
  };
}

function sync(cpSyncStatus: SyncStatus['cpSyncStatus']): SyncStatus {
  const nothing = { reason: null, message: null, nextAttemptAt: null, id: null, revision: null, generation: null };
  return { cpSyncStatus, cpSyncInfo: { phase: 'waiting', attempts: 0, losses: [], ...nothing } };
}

/** The four `jq` programs of the guide: an object of named fields, or a path. */
function jq(program: string, value: unknown): unknown {
  const at = (object: unknown, name: string): unknown => (object as Record<string, unknown> | null)?.[name] ?? null;
  if (program.startsWith('.')) return program.slice(1).split('.').reduce(at, value);
  const names = program
    .slice(1, -1)
    .split(',')
    .map((name) => name.trim());
  return Object.fromEntries(names.map((name) => [name, at(value, name)]));
}

it('answers a POST with the flat fields of the guide', () => {
  expect(restApiAnswer(row(), { sync: sync('pending'), vhosts })).toMatchObject({
    uuid: '018f6b1e-1c00-7000-8000-000000000001',
    displayName: 'PetStore API',
    version: 'v1.0',
    context: '/petstore/v1.0',
    origin: 'gateway_api',
    desiredState: 'deployed',
    createdAt: '2026-04-26T10:30:00.000Z',
  });
});

it.each([
  ['{origin, cpSyncStatus}', row(), 'pending', { origin: 'gateway_api', cpSyncStatus: 'pending' }],
  ['{origin, cpSyncStatus}', row(), 'success', { origin: 'gateway_api', cpSyncStatus: 'success' }],
  ['{cpSyncStatus, policies}', row(), 'success', { cpSyncStatus: 'success', policies: [POLICY] }],
  [
    '{desiredState, cpSyncStatus}',
    row({ desiredState: 'undeployed' }),
    'success',
    { desiredState: 'undeployed', cpSyncStatus: 'success' },
  ],
  ['.spec.upstream', row(), 'success', { main: { url: 'https://petstore.example.com' } }],
] as const)('prints what the guide promises for jq %s', (program, api, status, printed) => {
  expect(jq(program, restApiAnswer(api, { sync: sync(status), vhosts }))).toEqual(printed);
});

it('says the same to a WSO2 client under status', () => {
  const { status } = restApiAnswer(row(), { sync: sync('failed'), vhosts });
  expect(status).toMatchObject({
    id: 'PetStoreAPI',
    state: 'deployed',
    createdAt: '2026-04-26T10:30:00.000Z',
    cpSyncStatus: 'failed',
  });
});

it('keeps spec.context as submitted, except in a list', () => {
  expect(restApiAnswer(row(), { sync: null, vhosts }).spec.context).toBe('/petstore/$version');
  expect(listedRestApi(row(), { sync: null, vhosts }).spec.context).toBe('/petstore/v1.0');
});

it('fills in the hosts of the gateway where the document names none', () => {
  const defaults = { main: 'api.example', sandbox: 'try.example' };
  expect(restApiAnswer(row(), { sync: null, vhosts: defaults }).spec.vhosts).toEqual(defaults);
});

it('has no journey up to tell of an API that came down', () => {
  const answer = restApiAnswer(row({ origin: 'control_plane' }), { sync: null, vhosts });
  expect(answer).toMatchObject({ cpSyncStatus: null, cpSyncInfo: {} });
});

it('keeps the contract', () => {
  const propagation = { state: 'programmed' as const, nodes: [{ id: 'node-1', appliedAt: AT.toISOString(), ms: 41 }] };
  const warnings = [{ path: 'spec.operations[0]', code: 'overlap', message: 'overlaps' }];
  const answer = restApiAnswer(row({ deployedAt: null }), { sync: sync('pending'), vhosts, warnings, propagation });
  expect(contract.parse(answer)).toEqual(answer);
  const list = {
    status: 'success',
    count: 1,
    total: 1,
    limit: 10,
    offset: 0,
    apis: [listedRestApi(row(), { sync: sync('success'), vhosts })],
  };
  expect(restApiList.parse(list)).toEqual(list);
});
