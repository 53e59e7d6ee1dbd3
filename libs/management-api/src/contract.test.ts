import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import * as contract from './index.ts';

const UUID = '018f6b1e-1c00-7000-8000-000000000001';
const TIME = '2026-04-26T10:30:00.000Z';
const INFO = {
  phase: 'synced',
  reason: null,
  message: null,
  attempts: 1,
  nextAttemptAt: null,
  id: 'remote',
  revision: '4',
  generation: 2,
  losses: [],
};
const FACTS = {
  uuid: UUID,
  origin: 'gateway_api',
  desiredState: 'deployed',
  generation: 2,
  cpSyncStatus: 'success',
  cpSyncInfo: INFO,
  createdAt: TIME,
  updatedAt: TIME,
  deployedAt: TIME,
};
const ANSWER = {
  apiVersion: 'gateway.api-platform.wso2.com/v1alpha1',
  kind: 'RestApi',
  metadata: { name: 'PetStoreAPI' },
  spec: {
    displayName: 'PetStore API',
    version: 'v1.0',
    context: '/petstore',
    upstream: { main: { url: 'https://petstore.example.com' } },
    vhosts: { main: '*', sandbox: 'sandbox-*' },
    operations: [{ method: 'GET', path: '/' }],
  },
  status: { id: 'PetStoreAPI', state: 'deployed', ...FACTS },
  ...FACTS,
  displayName: 'PetStore API',
  version: 'v1.0',
  context: '/petstore',
  policies: [],
};

describe('the management API', () => {
  it('answers what the guide reads', () => {
    expect(contract.restApiAnswer.parse(ANSWER)).toEqual(ANSWER);
    const control = { ...FACTS, origin: 'control_plane', cpSyncStatus: null, cpSyncInfo: {} };
    expect(contract.restApiAnswer.safeParse({ ...ANSWER, ...control, status: { ...ANSWER.status, ...control } }).success).toBe(
      true,
    );
    expect(contract.restApiAnswer.safeParse({ ...ANSWER, cpSyncStatus: 'synced' }).success).toBe(false);
    const list = { status: 'success', count: 1, total: 9, limit: 1, offset: 0, apis: [ANSWER] };
    expect(contract.restApiList.parse(list)).toEqual(list);
  });

  it('shows a key once', () => {
    const fields = {
      uuid: UUID,
      name: 'k',
      apiId: 'PetStoreAPI',
      status: 'active',
      createdAt: TIME,
      createdBy: 'admin',
      expiresAt: null,
      source: 'local',
      generation: 1,
    };
    const created = {
      status: 'success',
      message: 'API key generated successfully',
      uuid: UUID,
      name: 'k',
      key: 'apip_x',
      createdAt: TIME,
      remainingApiKeyQuota: 9,
      apiKey: { ...fields, apiKey: 'apip_x' },
    };
    expect(contract.apiKeyCreated.parse(created)).toEqual(created);
    const list = {
      status: 'success',
      count: 1,
      total: 1,
      limit: 9,
      offset: 0,
      totalCount: 1,
      apiKeys: [{ ...fields, apiKey: '***a1b2c' }],
    };
    expect(contract.apiKeyList.parse(list)).toEqual(list);
  });

  it.each([
    [{}, true],
    [{ name: 'my-api-key_v1', expiresIn: { unit: 'days', duration: 30 } }, true],
    [{ name: 'My-Key' }, false],
    [{ name: 'ab' }, false],
    [{ name: 'a--b' }, false],
    [{ expiresIn: { unit: 'years', duration: 1 } }, false],
    [{ expiresAt: 'tomorrow' }, false],
    [{ nam: 'abc' }, false],
  ])('takes %j as a request for a key: %s', (request, accepted) => {
    expect(contract.apiKeyRequest.safeParse(request).success).toBe(accepted);
  });

  it('takes a lifetime of a join token in words and gives it in milliseconds', () => {
    expect(contract.joinTokenRequest.parse({})).toEqual({ expiresIn: 3_600_000 });
    expect(contract.joinTokenRequest.parse({ expiresIn: '30m' })).toEqual({ expiresIn: 1_800_000 });
    for (const expiresIn of ['29m', '25h', 'soon', 3_600_000])
      expect(contract.joinTokenRequest.safeParse({ expiresIn }).success).toBe(false);
  });

  it('pages', () => {
    expect(contract.restApiListQuery.parse({ limit: '10', offset: '0', status: '', odd: 'x' })).toEqual({
      limit: 10,
      offset: 0,
      status: '',
      label: {},
      sort: '-createdAt',
    });
    expect(contract.restApiListQuery.parse({ label: 'a=1, b=2=3', sort: 'name' })).toMatchObject({ label: { a: '1', b: '2=3' } });
    for (const query of [{ sort: 'size' }, { label: 'team' }, { label: '=x' }, { search: 'x'.repeat(201) }])
      expect(contract.restApiListQuery.safeParse(query).success).toBe(false);
    expect(contract.restApiListQuery.parse({})).toMatchObject({ limit: 1000, offset: 0 });
    expect(contract.restApiListQuery.safeParse({ limit: '-1' }).success).toBe(false);
  });

  it('has one error envelope', () => {
    const body = {
      status: 'error',
      code: 'validation_failed',
      message: 'Configuration validation failed',
      errors: [{ field: 'spec.context', code: 'required', message: 'Context is required' }],
      requestId: 'r-1',
    };
    expect(contract.errorBody.parse(body)).toEqual(body);
  });

  it('can be written down as JSON Schema', () => {
    const schemas = Object.values<unknown>(contract).filter((value) => value instanceof z.ZodType);
    expect(schemas.length).toBeGreaterThan(10);
    for (const schema of schemas) expect(z.toJSONSchema(schema, { io: 'input' })).toBeTypeOf('object');
  });
});
