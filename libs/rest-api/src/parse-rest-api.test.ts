import { describe, expect, it } from 'vitest';

import { checkRestApi, parseRestApi } from './parse-rest-api.ts';
import { desiredStateOf, resolvedContext } from './resolved.ts';

const PETSTORE = {
  apiVersion: 'gateway.api-platform.wso2.com/v1alpha1',
  kind: 'RestApi',
  metadata: { name: 'PetStoreAPI' },
  spec: {
    displayName: 'PetStore API',
    version: 'v1.0',
    context: '/petstore',
    upstream: { main: { url: 'https://petstore.example.com' } },
    operations: [{ method: 'GET', path: '/pet/{petId}' }],
  },
};

function petstore(spec: Record<string, unknown> = {}, rest: Record<string, unknown> = {}): unknown {
  return { ...PETSTORE, ...rest, spec: { ...PETSTORE.spec, ...spec } };
}

/** "path: message" of everything that is wrong. */
function problems(value: unknown): string[] {
  const parsed = checkRestApi(value);
  return parsed.ok ? [] : parsed.diagnostics.map(({ path, message }) => `${path}: ${message}`);
}

function codes(value: unknown): string[] {
  const parsed = checkRestApi(value);
  return parsed.ok ? [] : parsed.diagnostics.map(({ path, code }) => `${path} ${code}`);
}

describe('parseRestApi', () => {
  it('gives back what was submitted', () => {
    const submitted = petstore({ operations: [{ method: 'get', path: '/' }], vhosts: { main: '_gateway_default_' } });
    const parsed = parseRestApi(JSON.stringify(submitted), 'application/json; charset=utf-8');
    expect(parsed).toEqual({ ok: true, value: submitted });
  });

  it('takes an edited answer back', () => {
    const answer = petstore({}, { uuid: 'x', status: { state: 'deployed' }, cpSyncStatus: 'pending', context: '/petstore' });
    expect(parseRestApi(JSON.stringify(answer), 'application/json')).toEqual({ ok: true, value: PETSTORE });
  });

  it('answers eight planted errors with eight diagnostics, in order, with JSON paths', () => {
    const value = {
      kind: 'Restapi',
      metadata: { name: 'a b' },
      spec: {
        displayName: 'PetStore API',
        version: 1.0,
        context: 'petstore',
        upstream: { main: { url: 'ftp://petstore.example.com' } },
        operations: [
          { method: 'FETCH', path: '/pet/{petId}' },
          { method: 'GET', path: '/pet/{petId' },
        ],
        upstreams: {},
      },
    };
    expect(problems(value)).toEqual([
      "kind: Unsupported kind (must be 'RestApi')",
      'spec.version: Invalid type. Expected: string, given: integer',
      'spec.context: Context must start with /',
      'spec.upstream.main.url: Upstream URL must use http or https scheme',
      "spec.operations[0].method: Invalid HTTP method 'FETCH' (must be GET, POST, PUT, DELETE, PATCH, HEAD, or OPTIONS)",
      'spec.operations[1].path: Operation path has unbalanced braces in parameters',
      "metadata.name: metadata.name must not contain whitespace, '/', '}', or control characters",
      "spec.upstreams: Unknown field 'upstreams'; did you mean 'upstream'?",
    ]);
  });

  it('tells what is missing in words clients know', () => {
    expect(problems({ kind: 'RestApi', spec: { upstream: {} } })).toEqual([
      'spec.displayName: API display name is required',
      'spec.version: API version is required',
      'spec.context: Context is required',
      "spec.upstream.main: Must specify either 'url' or 'ref'",
      'spec.operations: At least one operation is required',
      'metadata.name: Metadata name is required',
    ]);
    expect(problems({ kind: 'RestApi', metadata: {} })).toEqual([
      'spec: Spec is required',
      'metadata.name: Metadata name is required',
    ]);
    expect(problems(petstore({ upstream: undefined, operations: [] }))).toEqual([
      "spec.upstream.main: Must specify either 'url' or 'ref'",
      'spec.operations: At least one operation is required',
    ]);
    expect(codes(petstore({ context: null }))).toEqual(['spec.context required']);
  });

  it('merges what an extra check found, unless the type was already wrong', () => {
    const parsed = checkRestApi(petstore({ version: 'x', policies: 7 }), () => [
      { path: 'spec.policies', code: 'c', message: 'm' },
      { path: 'spec.operations[0].policies[0].version', code: 'c', message: 'm' },
    ]);
    expect(parsed.ok ? [] : parsed.diagnostics.map(({ path }) => path)).toEqual([
      'spec.version',
      'spec.policies',
      'spec.operations[0].policies[0].version',
    ]);
  });

  it('says no more than a user can read', () => {
    const parsed = checkRestApi(petstore({ operations: Array.from({ length: 5000 }, () => ({ method: 1, path: 'x' })) }));
    expect(parsed.ok ? [] : parsed.diagnostics).toHaveLength(501);
    expect(parsed.ok || parsed.diagnostics.at(-1)).toEqual({ path: '', code: 'too_many', message: '… and 9500 more' });
    const unknown = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`unknown${at}`, 1]));
    expect(problems(petstore(unknown))).toHaveLength(500);
  });

  it('refuses broken text', () => {
    const json = parseRestApi('{"kind":', 'application/json');
    expect(json).toMatchObject({ ok: false, stage: 'syntax', diagnostics: [] });
    expect(json.ok || json.message).toMatch(/^failed to parse configuration: failed to parse JSON: /);
  });
});

describe('state', () => {
  it('knows both spellings', () => {
    const state = (spec: Record<string, unknown>) => {
      const parsed = checkRestApi(petstore(spec));
      return parsed.ok ? desiredStateOf(parsed.value) : parsed.diagnostics.map(({ path, code }) => `${path} ${code}`);
    };
    expect(state({})).toBe('deployed');
    expect(state({ desiredState: 'undeployed' })).toBe('undeployed');
    expect(state({ deploymentState: 'undeployed' })).toBe('undeployed');
    expect(state({ deploymentState: 'undeployed', desiredState: 'undeployed' })).toBe('undeployed');
    expect(state({ deploymentState: 'deployed', desiredState: 'undeployed' })).toEqual(['spec.desiredState contradiction']);
    expect(state({ desiredState: 'gone' })).toEqual(['spec.desiredState invalid_value']);
  });

  it('resolves every $version', () => {
    const parsed = checkRestApi(petstore({ context: '/a/$version/$version' }));
    expect(parsed.ok && resolvedContext(parsed.value)).toBe('/a/v1.0/v1.0');
  });
});

describe('rules', () => {
  it.each([
    [{ displayName: '' }, 'spec.displayName: API display name is required'],
    [{ displayName: 'a'.repeat(101) }, 'spec.displayName: API display name must be 1-100 characters'],
    [{ displayName: 'a/b' }, /^spec.displayName: API display name must be URL-friendly/],
    [{ version: 'one' }, /^spec.version: .*semantic versioning pattern/],
    [{ context: '/a/' }, 'spec.context: Context cannot end with / (except for root context)'],
    [{ context: `/${'a'.repeat(200)}` }, 'spec.context: Context must be 1-200 characters'],
    [{ context: '/a/%2e%2e/b' }, /^spec.context: Context must not contain empty/],
    [{ context: '/{tenant}' }, /^spec.context: Context may only contain/],
    [{ upstream: { main: { url: 'http://a', ref: 'b' } } }, "spec.upstream.main: Specify exactly one of 'url' or 'ref'"],
    [{ upstream: { main: {} } }, "spec.upstream.main: Must specify either 'url' or 'ref'"],
    [{ upstream: { main: { url: '' } } }, 'spec.upstream.main.url: Upstream URL is required'],
    [{ upstream: { main: { url: 'http:///x' } } }, 'spec.upstream.main.url: Upstream URL must include a host'],
    [{ upstream: { main: { url: 'http://a:b' } } }, /^spec.upstream.main.url: Invalid URL format: /],
    [{ upstream: { main: { url: 'http://u:p@a' } } }, /must not carry a user name/],
    [{ upstream: { main: { ref: '' } } }, 'spec.upstream.main.ref: Upstream reference is required'],
    [
      { upstream: { main: { ref: 'x' } } },
      "spec.upstream.main.ref: Referenced upstream definition 'x' not found: no upstreamDefinitions provided",
    ],
    [
      { upstream: { main: { ref: 'x' } }, upstreamDefinitions: [{ name: 'y', upstreams: [{ url: 'http://a' }] }] },
      "spec.upstream.main.ref: Referenced upstream definition 'x' not found in upstreamDefinitions",
    ],
    [
      { upstream: { main: { url: 'http://a', hostRewrite: 'maybe' } } },
      "spec.upstream.main.hostRewrite: hostRewrite must be 'auto' or 'manual'",
    ],
    [{ resilience: { timeout: '1m30s' } }, /^spec.resilience.timeout: Invalid timeout format/],
    [{ resilience: { idleTimeout: '25h' } }, /^spec.resilience.idleTimeout: Timeout must be at most 24h/],
    [{ operations: [{ path: '/a' }] }, /^spec.operations\[0\].method: HTTP method is required/],
    [{ operations: [{ method: 'GET' }] }, /^spec.operations\[0\].path: Operation path is required/],
    [{ operations: [{ match: { path: { value: '/' } } }] }, /^spec.operations\[0\].match.method: HTTP method is required/],
    [{ operations: [{ method: 'GET', path: 'a' }] }, 'spec.operations[0].path: Operation path must start with /'],
    [{ operations: [{ method: 'GET', path: '/{a}/{a}' }] }, "spec.operations[0].path: Duplicate path parameter name 'a'"],
    [{ operations: [{ method: 'GET', path: '/{a}{b}' }] }, /need text between them/],
    [{ operations: [{ method: 'GET', path: '/a?b' }] }, /must not contain '\?'/],
    [{ context: '/', operations: [{ method: 'GET', path: '/%5Fgateway-health/x' }] }, /reserved gateway health-check namespace/],
    [
      {
        operations: [
          { method: 'GET', path: '/a/{x}' },
          { method: 'get', path: '/a/{y}' },
        ],
      },
      'spec.operations[1]: Duplicate operation: GET /a/{y} is already defined by spec.operations[0]',
    ],
    [
      {
        operations: [
          { match: { method: 'GET', path: { value: '/' }, headers: [{ name: 'x', value: '(a+)+', type: 'RegularExpression' }] } },
        ],
      },
      'spec.operations[0].match.headers[0].value: A repeated group may not hold repetitions or alternatives',
    ],
    [{ vhosts: { main: 'a.com:80' } }, /^spec.vhosts.main: Invalid vhost 'a.com:80'/],
    [
      {
        vhosts: { main: 'a.com; B.com', sandbox: 'b.com' },
        upstream: { main: { url: 'http://a' }, sandbox: { url: 'http://b' } },
      },
      "spec.vhosts.sandbox: Sandbox vhost 'b.com' is also a main vhost; they must differ",
    ],
    [{ policyMerge: 'both' }, "spec.policyMerge: policyMerge must be 'override' or 'additive'"],
    [{ policies: [{ version: 'v1' }] }, 'spec.policies[0].name: Policy name is required'],
    [
      { operations: [{ method: 'GET', path: '/', upgrades: ['websocket'] }] },
      /^spec.operations\[0\].upgrades: Unknown field 'upgrades'.*upgrade/,
    ],
    [
      { operations: [{ method: 'POST', path: '/', upgrade: ['websocket'] }] },
      'spec.operations[0].upgrade: A POST operation cannot be upgraded, only GET can',
    ],
    [
      { operations: [{ method: 'GET', path: '/', upgrade: ['websocket', 'h2c'] }] },
      "spec.operations[0].upgrade[1]: 'h2c' is not a protocol to upgrade to (lower case, e.g. websocket)",
    ],
    [
      { operations: [{ method: 'GET', path: '/', upgrade: ['WebSocket'] }] },
      "spec.operations[0].upgrade[0]: 'WebSocket' is not a protocol to upgrade to (lower case, e.g. websocket)",
    ],
  ])('%j', (spec, expected) => {
    const found = problems(petstore(spec));
    expect(found).toHaveLength(1);
    if (typeof expected === 'string') expect(found[0]).toBe(expected);
    else expect(found[0]).toMatch(expected);
  });

  it.each([
    [{ basePath: '/' }, /basePath: Invalid basePath/],
    [{ name: 'a b' }, /name: Upstream definition name must match/],
    [{ upstreams: [] }, /upstreams: At least one upstream target is required/],
    [{ upstreams: [{ url: 'http://a/x' }] }, /must not include a path/],
    [{ upstreams: [{ url: 'http://a?' }] }, /must not include a query string/],
    [{ upstreams: [{ url: 'http://a?x=1#f' }] }, /must not include a query string/],
    [{ upstreams: [{ url: 'http://a#f' }] }, /must not include a fragment/],
    [{ upstreams: [{ url: 'http://a', weight: 101 }] }, /upstreams\[0\].weight: Weight must be between 0 and 100/],
    [{ upstreams: [{ url: 'http://a' }, { url: 'https://b' }] }, /same scheme/],
    [{ timeout: { connect: '0s' } }, /timeout.connect: Connect timeout must be positive/],
  ])('upstream definition %j', (members, expected) => {
    const definition = { name: 'd', upstreams: [{ url: 'http://a:80' }], ...members };
    const found = problems(petstore({ upstreamDefinitions: [definition] }));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(expected);
  });

  it('accepts what is right', () => {
    expect(problems(petstore({ context: '/', upstream: { main: { url: 'http://127.0.0.1:9000/base/?q' } } }))).toEqual([]);
    expect(problems(petstore({ vhosts: { main: '*.a.com; *', sandbox: 'sandbox-*' }, resilience: { timeout: '0s' } }))).toEqual(
      [],
    );
    expect(
      problems(
        petstore({
          operations: [
            { method: 'GET', path: '/a' },
            { method: 'GET', path: '/a/' },
            { method: 'GET', path: '/a/{x}.{y}/*' },
          ],
        }),
      ),
    ).toEqual([]);
    expect(problems(petstore({}, { metadata: { name: 'x', labels: { a: 'b c' }, annotations: { 'any thing': '' } } }))).toEqual(
      [],
    );
  });

  it.each(['labels', 'annotations'])('takes no __proto__ among %s', (place) => {
    const map: unknown = JSON.parse('{"__proto__": 7}');
    expect(problems(petstore({}, { metadata: { name: 'x', [place]: map } }))).toEqual([
      `metadata.${place}: '__proto__' cannot be a name in metadata.${place}`,
    ]);
  });

  it('names labels with white space and the nearest field of a nested typo', () => {
    expect(problems(petstore({}, { metadata: { name: 'x', labels: { 'my key': 'v' } } }))).toEqual([
      "metadata.labels: Label key 'my key' contains whitespace characters. Label keys must not contain any whitespace.",
    ]);
    expect(problems(petstore({ upstream: { main: { uri: 'http://a', url: 'http://a' } } }))).toEqual([
      "spec.upstream.main.uri: Unknown field 'uri'; did you mean 'url'?",
    ]);
  });
});
