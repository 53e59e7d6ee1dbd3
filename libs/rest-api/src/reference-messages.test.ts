import { describe, expect, it } from 'vitest';

import { checkRestApi } from './parse-rest-api.ts';

/** Texts that clients of WSO2's gateway know, word for word: reference management-api §2.3–2.6. */
function problems(spec: Record<string, unknown>): string[] {
  const parsed = checkRestApi({
    kind: 'RestApi',
    metadata: { name: 'x' },
    spec: {
      displayName: 'X',
      version: 'v1.0',
      context: '/x',
      upstream: { main: { url: 'http://a' } },
      operations: [{ method: 'GET', path: '/' }],
      ...spec,
    },
  });
  return parsed.ok ? [] : parsed.diagnostics.map(({ path, message }) => `${path}: ${message}`);
}

describe('upstream.sandbox is held to the rules of upstream.main', () => {
  it.each([
    [{ url: 'http://a', ref: 'b' }, "spec.upstream.sandbox: Specify exactly one of 'url' or 'ref'"],
    [{}, "spec.upstream.sandbox: Must specify either 'url' or 'ref'"],
    [{ url: '' }, 'spec.upstream.sandbox.url: Upstream URL is required'],
    [{ url: 'ftp://a' }, 'spec.upstream.sandbox.url: Upstream URL must use http or https scheme'],
    [{ url: 'https://' }, 'spec.upstream.sandbox.url: Upstream URL must include a host'],
    [{ ref: '' }, 'spec.upstream.sandbox.ref: Upstream reference is required'],
    [{ ref: 'x' }, "spec.upstream.sandbox.ref: Referenced upstream definition 'x' not found: no upstreamDefinitions provided"],
  ])('%j', (sandbox, expected) => {
    expect(problems({ upstream: { main: { url: 'http://a' }, sandbox } })).toEqual([expected]);
  });
});

describe('upstreamDefinitions', () => {
  const at = 'spec.upstreamDefinitions[0]';
  const BASE_PATH = "Invalid basePath (must start with '/' and must not end with '/'; omit for root)";
  it.each([
    [{ name: '' }, 'name', 'Upstream definition name is required'],
    [{ name: undefined }, 'name', 'Upstream definition name is required'],
    [{ name: 'ä' }, 'name', 'Upstream definition name must match ^[a-zA-Z0-9\\-_]+$ (letters, numbers, hyphens, underscores)'],
    [{ basePath: '/' }, 'basePath', BASE_PATH],
    [{ basePath: '/a/' }, 'basePath', BASE_PATH],
    [{ basePath: 'a' }, 'basePath', BASE_PATH],
    [{ basePath: '/a b' }, 'basePath', BASE_PATH],
    [{ upstreams: undefined }, 'upstreams', 'At least one upstream target is required'],
    [{ upstreams: [{}] }, 'upstreams[0].url', 'URL is required'],
    [{ upstreams: [{ url: '' }] }, 'upstreams[0].url', 'URL is required'],
    [{ upstreams: [{ url: 'a.com' }] }, 'upstreams[0].url', 'URL must use http or https scheme'],
    [{ upstreams: [{ url: 'http://' }] }, 'upstreams[0].url', 'URL must include a host'],
    [
      { upstreams: [{ url: 'http://a/b' }] },
      'upstreams[0].url',
      'URL must not include a path; set the base path in upstreamDefinitions[].basePath instead',
    ],
    [{ upstreams: [{ url: 'http://a?' }] }, 'upstreams[0].url', 'URL must not include a query string; only host[:port] is used'],
    [{ upstreams: [{ url: 'http://a#' }] }, 'upstreams[0].url', 'URL must not include a fragment; only host[:port] is used'],
    [
      { timeout: { connect: '1m30s' } },
      'timeout.connect',
      "Invalid timeout format (expected a single-unit duration like '30s', '1m', '500ms')",
    ],
    [{ timeout: { connect: '0s' } }, 'timeout.connect', 'Connect timeout must be positive'],
  ])('%j', (members, field, message) => {
    const definition = { name: 'd', upstreams: [{ url: 'http://a/' }], ...members };
    expect(problems({ upstreamDefinitions: [definition] })).toEqual([`${at}.${field}: ${message}`]);
  });

  it('are named once each; an empty basePath is the root, an empty timeout none', () => {
    const named = (name: string) => ({
      name,
      basePath: '',
      timeout: { connect: '' },
      upstreams: [{ url: 'http://a', weight: 0 }],
    });
    expect(problems({ upstreamDefinitions: [named('a'), named('b')] })).toEqual([]);
    expect(problems({ upstreamDefinitions: [named('a'), named('a')] })).toEqual([
      "spec.upstreamDefinitions[1].name: Duplicate upstream definition name 'a'",
    ]);
  });
});

describe('resilience', () => {
  const FORMAT =
    "Invalid timeout format (expected a single-unit duration like '30s', '1m', '500ms', or '0s' to disable; compound, negative, and unitless values are not allowed)";
  it.each(['1m30s', '-1s', '30', 's', '1 s', '1S', '', '.5s', '1.s'])('%j is no duration', (timeout) => {
    expect(problems({ resilience: { timeout } })).toEqual([`spec.resilience.timeout: ${FORMAT}`]);
    expect(problems({ operations: [{ method: 'GET', path: '/', resilience: { idleTimeout: timeout } }] })).toEqual([
      `spec.operations[0].resilience.idleTimeout: ${FORMAT}`,
    ]);
  });

  it.each(['0s', '1.5m', '500ms', '24h'])('%s is one', (timeout) => expect(problems({ resilience: { timeout } })).toEqual([]));
});

describe('operations', () => {
  it('ignores the simple form where there is a match', () => {
    const match = { method: 'patch', path: { value: '/a' } };
    expect(problems({ operations: [{ method: 'NOPE', path: 'nope', match }] })).toEqual([]);
  });

  it.each(['GET', 'post', 'Put', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'])('takes %s', (method) =>
    expect(problems({ operations: [{ method, path: '/' }] })).toEqual([]),
  );

  it('names the field of the form that was used', () => {
    expect(problems({ operations: [{ match: { method: 'TRACE', path: { value: 'a' } } }] })).toEqual([
      "spec.operations[0].match.method: Invalid HTTP method 'TRACE' (must be GET, POST, PUT, DELETE, PATCH, HEAD, or OPTIONS)",
      'spec.operations[0].match.path.value: Operation path must start with /',
    ]);
  });
});
