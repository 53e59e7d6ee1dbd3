import { policyDefinitions } from '@tidegate/policies/definitions';
import { parseRestApi } from '@tidegate/rest-api';
import { describe, expect, it } from 'vitest';

import { compileRestApi } from './compile-rest-api.ts';
import { compilerCheck } from './compiler-check.ts';
import { sampleDocument } from './sample-document.ts';
import { sampleTarget } from './sample-target.ts';

const SEVEN_ERRORS = `
kind: RestApi
metadata:
  name: broken
spec:
  displayName: Broken
  version: 1.0
  context: broken
  desiredstate: undeployed
  upstream:
    main: { url: "petstore.example.com" }
  policies:
    - { name: rate-limit, version: v1, params: { limit: ten, window: 60 } }
  operations:
    - { method: GETS, path: / }
    - method: GET
      path: /pet
      policies:
        - { name: api-key, version: v1 }
`;

describe('a document with seven planted errors', () => {
  it('answers seven diagnostics, in order, with JSON paths', () => {
    const parsed = parseRestApi(SEVEN_ERRORS, 'application/yaml', compilerCheck(policyDefinitions));
    expect(parsed.ok ? [] : parsed.diagnostics.map(({ path, code, message }) => `${path} | ${code} | ${message}`)).toEqual([
      'spec.version | invalid_type | Invalid type. Expected: string, given: integer',
      'spec.context | invalid_format | Context must start with /',
      'spec.upstream.main.url | invalid_format | Upstream URL must use http or https scheme',
      "spec.operations[0].method | invalid_value | Invalid HTTP method 'GETS' (must be GET, POST, PUT, DELETE, PATCH, HEAD, or OPTIONS)",
      'spec.policies[0].params.limit | invalid_type | Invalid type. Expected: integer, given: string',
      "spec.operations[1].policies[0].version | unknown_policy | policy 'api-key' not found in loaded policy definitions",
      "spec.desiredstate | unknown_field | Unknown field 'desiredstate'; did you mean 'desiredState'?",
    ]);
    expect(parsed).toMatchObject({ ok: false, stage: 'validation', message: 'Configuration validation failed' });
  });
});

describe('compilerCheck', () => {
  it('survives anything', () => {
    for (const value of [null, 7, [], {}, { spec: 7 }, { spec: { policies: [null, 7, { name: 1 }], operations: { a: 1 } } }]) {
      expect(compilerCheck(policyDefinitions)(value)).toEqual([]);
    }
  });

  it('refuses two installed definitions of one major version', () => {
    const twice = [...policyDefinitions, ...policyDefinitions];
    const document = { spec: { policies: [{ name: 'rate-limit', params: { limit: 1, window: 1 } }] } };
    expect(compilerCheck(twice)(document)).toEqual([
      {
        path: 'spec.policies[0].version',
        code: 'ambiguous',
        message: "multiple matching versions for policy 'rate-limit' major 'v1'; cannot resolve uniquely",
      },
    ]);
  });

  it('takes the highest version when none is named', () => {
    const [rateLimit] = policyDefinitions.filter(({ name }) => name === 'rate-limit');
    if (rateLimit === undefined) throw new Error('no rate-limit');
    const document = sampleDocument({ policies: [{ name: 'rate-limit', params: { limit: 1, window: 1 } }] });
    const compiled = compileRestApi(document, sampleTarget(), [
      { ...rateLimit, version: 'v10' },
      { ...rateLimit, version: 'v9' },
    ]);
    expect(compiled.ok && compiled.routes.policies.map(({ version }) => version)).toEqual(['v10']);
  });
});
