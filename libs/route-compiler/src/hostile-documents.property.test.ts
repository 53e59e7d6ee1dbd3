import { policyDefinitions } from '@tidegate/policies/definitions';
import { type Parsed, parseRestApi, type RestApiDocument } from '@tidegate/rest-api';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { compileRestApi } from './compile-rest-api.ts';
import { compilerCheck } from './compiler-check.ts';
import { sampleTarget } from './sample-target.ts';

const check = compilerCheck(policyDefinitions);

/** Whatever was sent: a document that compiles, or diagnostics that each name a place and say something short. Never an exception. */
function judge(parsed: Parsed<RestApiDocument>): void {
  if (parsed.ok) {
    const compiled = compileRestApi(parsed.value, sampleTarget(), policyDefinitions);
    const said = compiled.ok ? compiled.warnings : compiled.diagnostics;
    for (const { path } of said) expect(path).not.toBe('');
  } else if (parsed.stage === 'syntax') {
    expect(parsed.message.length).toBeLessThan(400);
  } else {
    expect(parsed.diagnostics).not.toEqual([]);
    for (const { path, code, message } of parsed.diagnostics) {
      expect(path === '' ? code : 'named').toMatch(/^(named|too_many)$/);
      expect(message.length).toBeGreaterThan(0);
      expect(message.length).toBeLessThan(600);
    }
  }
}

const NAMES =
  'kind metadata name labels annotations spec displayName version context upstream main sandbox url ref hostRewrite upstreamDefinitions basePath upstreams weight timeout connect resilience idleTimeout vhosts policies params limit window key executionCondition policyMerge operations method path match value type headers desiredState subscriptionPlans status __proto__ constructor toString length'.split(
    ' ',
  );
const VALUES =
  'RestApi v1 v1.0 /a / /{x} /a/* /{x}{y} /%2e /é http://a https://b:99999 http://[::1] GET get Exact PathPrefix RegularExpression (a+)+ rate-limit api-key-auth v2 5s 0s * *.a.com a;b _gateway_default_ {{x}} $version $& deployed override auto'.split(
    ' ',
  );
const ODD = ['', '\u0000', '\ud800', '\udc00x', ' ', '\n', 'a'.repeat(300), '…', '"', '[0]', 'a.b'];

const text = fc.oneof(fc.constantFrom(...VALUES, ...NAMES, ...ODD), fc.string({ unit: 'binary' }));
const name = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...NAMES) }, { weight: 1, arbitrary: fc.constantFrom(...ODD) });
const anything = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    text,
    fc.oneof(fc.integer(), fc.double(), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 5 }).map((members) => Object.fromEntries(members)),
  ),
})).value;

const GOOD = {
  apiVersion: 'x',
  kind: 'RestApi',
  metadata: { name: 'n', labels: { a: 'b' }, annotations: {} },
  spec: {
    displayName: 'd',
    version: 'v1',
    context: '/c',
    upstream: { main: { url: 'http://a' }, sandbox: { ref: 'd' } },
    upstreamDefinitions: [{ name: 'd', basePath: '/x', timeout: { connect: '1s' }, upstreams: [{ url: 'http://a', weight: 1 }] }],
    resilience: { timeout: '1s', idleTimeout: '1s' },
    vhosts: { main: 'a;b', sandbox: 'c' },
    policies: [{ name: 'rate-limit', version: 'v1', params: { limit: 1, window: 1 } }],
    operations: [
      { method: 'GET', path: '/{x}', policies: [{ name: 'api-key-auth', params: {} }] },
      { match: { method: 'GET', path: { value: '/b', type: 'Exact' }, headers: [{ name: 'h', value: 'v' }] } },
    ],
  },
};

/** Almost right: one to three members anywhere replaced or added. */
const almostGood = fc
  .array(fc.tuple(fc.constantFrom(...placesIn(GOOD)), fc.option(name), anything), { minLength: 1, maxLength: 3 })
  .map((changes) => {
    const document = structuredClone(GOOD);
    for (const [place, added, value] of changes) put(document, added === null ? place : [...place.slice(0, -1), added], value);
    return document;
  });

function placesIn(value: unknown, at: readonly string[] = []): string[][] {
  const own = at.length === 0 ? [] : [[...at]];
  if (typeof value !== 'object' || value === null) return own;
  return [...own, ...Object.entries(value).flatMap(([key, member]) => placesIn(member, [...at, key]))];
}

function put(root: object, place: readonly string[], value: unknown): void {
  let parent: unknown = root;
  for (const step of place.slice(0, -1)) {
    if (typeof parent !== 'object' || parent === null) return;
    parent = Reflect.get(parent, step);
  }
  if (typeof parent !== 'object' || parent === null || (Array.isArray(parent) && !/^\d+$/.test(place.at(-1) ?? ''))) return;
  Object.defineProperty(parent, place.at(-1) ?? '', { value, enumerable: true, configurable: true, writable: true });
}

const marks = ['a', 'kind', ': ', '\n', '- ', '  ', '&a ', '*a', '<<', '? ', '| ', '> ', '"', "'", '[', ']', '{', '}', '!!str '];
const oddMarks = ['!x ', '---\n', '...\n', '#', '.nan', '.inf', '0x10', '1e400', '~', '__proto__', '%YAML 1.1\n', '\t', ',', 'é'];
const yamlish = fc.array(fc.constantFrom(...marks, ...oddMarks), { maxLength: 25 }).map((parts) => parts.join(''));

test.each(['application/json', undefined])('any JSON, sent as %s', (type) => {
  fc.assert(
    fc.property(fc.oneof(anything, almostGood), (value) => judge(parseRestApi(JSON.stringify(value), type, check))),
    { numRuns: 400 },
  );
});

test('any YAML', () => {
  const written = fc.oneof(
    // JSON is YAML, in flow style
    fc.oneof(anything, almostGood).map((value) => JSON.stringify(value)),
    yamlish,
  );
  fc.assert(
    fc.property(written, (body) => judge(parseRestApi(body, 'application/yaml', check))),
    { numRuns: 400 },
  );
});

test('any text', () => {
  const types = fc.constantFrom('application/json', 'application/yaml', undefined);
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), types, (body, type) => judge(parseRestApi(body, type, check))),
    { numRuns: 400 },
  );
});
