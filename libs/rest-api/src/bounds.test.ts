import { describe, expect, it } from 'vitest';

import { DIAGNOSTICS_MAX } from './diagnostic.ts';
import { headerPatternProblem } from './header-pattern.ts';
import { parseBody } from './parse-body.ts';
import { checkRestApi } from './parse-rest-api.ts';

function problems(spec: Record<string, unknown>, name = 'x'): string[] {
  const parsed = checkRestApi({
    kind: 'RestApi',
    metadata: { name },
    spec: {
      displayName: 'X',
      version: 'v1',
      context: '/x',
      upstream: { main: { url: 'http://a' } },
      operations: [{ method: 'GET', path: '/' }],
      ...spec,
    },
  });
  return parsed.ok ? [] : parsed.diagnostics.map(({ path }) => path);
}

const letters = (count: number) => 'a'.repeat(count);
const times = <T>(count: number, item: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => item(at));
const operation = (match: object) => ({ operations: [{ match: { method: 'GET', path: { value: '/' }, ...match } }] });
const header = (fields: object) => operation({ headers: [{ name: 'x', value: 'v', ...fields }] });
const definition = (fields: object) => ({
  upstreamDefinitions: [{ name: 'd', upstreams: [{ url: 'http://a' }], ...fields }],
});

/** What is bounded, the most it may be, where one beyond is reported, and a `spec` of that size. */
const BOUNDS: readonly (readonly [string, number, string, (size: number) => Record<string, unknown>])[] = [
  ['displayName', 100, 'spec.displayName', (size) => ({ displayName: letters(size) })],
  ['version', 64, 'spec.version', (size) => ({ version: '1'.repeat(size) })],
  ['context', 200, 'spec.context', (size) => ({ context: `/${letters(size - 1)}` })],
  [
    'operation path',
    1024,
    'spec.operations[0].path',
    (size) => ({ operations: [{ method: 'GET', path: `/${letters(size - 1)}` }] }),
  ],
  ['operations', 5000, 'spec.operations', (size) => ({ operations: times(size, (at) => ({ method: 'GET', path: `/${at}` })) })],
  [
    'headers of an operation',
    16,
    'spec.operations[0].match.headers',
    (size) => operation({ headers: times(size, () => ({ name: 'x', value: 'v' })) }),
  ],
  ['header name', 128, 'spec.operations[0].match.headers[0].name', (size) => header({ name: letters(size) })],
  ['header value', 1024, 'spec.operations[0].match.headers[0].value', (size) => header({ value: letters(size) })],
  [
    'header pattern',
    256,
    'spec.operations[0].match.headers[0].value',
    (size) => header({ value: letters(size), type: 'RegularExpression' }),
  ],
  [
    'protocols of an operation',
    8,
    'spec.operations[0].upgrade',
    (size) => ({ operations: [{ method: 'GET', path: '/', upgrade: times(size, (at) => `p${at}`) }] }),
  ],
  ['policies', 50, 'spec.policies', (size) => ({ policies: times(size, () => ({ name: 'p' })) })],
  [
    'policies of an operation',
    50,
    'spec.operations[0].policies',
    (size) => ({ operations: [{ method: 'GET', path: '/', policies: times(size, () => ({ name: 'p' })) }] }),
  ],
  ['upstream URL', 2048, 'spec.upstream.main.url', (size) => ({ upstream: { main: { url: `http://a/${letters(size - 9)}` } } })],
  [
    'definitions',
    100,
    'spec.upstreamDefinitions',
    (size) => ({ upstreamDefinitions: times(size, (at) => ({ name: `d${at}`, upstreams: [{ url: 'http://a' }] })) }),
  ],
  ['definition name', 100, 'spec.upstreamDefinitions[0].name', (size) => definition({ name: letters(size) })],
  ['basePath', 2048, 'spec.upstreamDefinitions[0].basePath', (size) => definition({ basePath: `/${letters(size - 1)}` })],
  [
    'targets',
    100,
    'spec.upstreamDefinitions[0].upstreams',
    (size) => definition({ upstreams: times(size, () => ({ url: 'http://a' })) }),
  ],
  [
    'weight',
    100,
    'spec.upstreamDefinitions[0].upstreams[0].weight',
    (size) => definition({ upstreams: [{ url: 'http://a', weight: size }] }),
  ],
  [
    'connect timeout, ms',
    86_400_000,
    'spec.upstreamDefinitions[0].timeout.connect',
    (size) => definition({ timeout: { connect: `${size}ms` } }),
  ],
  ['timeout, ms', 86_400_000, 'spec.resilience.timeout', (size) => ({ resilience: { timeout: `${size}ms` } })],
  [
    'idle timeout, ms',
    86_400_000,
    'spec.operations[0].resilience.idleTimeout',
    (size) => ({ operations: [{ method: 'GET', path: '/', resilience: { idleTimeout: `${size}ms` } }] }),
  ],
  ['vhosts', 20, 'spec.vhosts.main', (size) => ({ vhosts: { main: times(size, (at) => `h${at}.com`).join(';') } })],
  ['vhost', 253, 'spec.vhosts.main', (size) => ({ vhosts: { main: letters(size) } })],
];

describe('bounds of a document', () => {
  it.each(BOUNDS)('%s: %i', (_, most, path, specOf) => {
    expect(problems(specOf(most))).toEqual([]);
    expect(problems(specOf(most + 1))).toEqual([path]);
  });

  it('metadata.name: 253 characters, none of them half a surrogate pair', () => {
    expect(problems({}, letters(253))).toEqual([]);
    expect(problems({}, letters(254))).toEqual(['metadata.name']);
    expect(problems({}, 'a\u{1f600}')).toEqual([]);
    expect(problems({}, 'a\ud83d')).toEqual(['metadata.name']);
  });

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('no weight of %d', (weight) =>
    expect(problems(definition({ upstreams: [{ url: 'http://a', weight }] }))).toEqual([
      'spec.upstreamDefinitions[0].upstreams[0].weight',
    ]),
  );

  it('never multiplies out a context that is wrong itself', () => {
    const bomb = { version: '1'.repeat(500_000), context: `/${'$version'.repeat(60_000)}` };
    expect(problems(bomb)).toEqual(['spec.version', 'spec.context']);
  });

  it('quotes no more than a user can read', () => {
    const parsed = checkRestApi({
      kind: 'RestApi',
      metadata: { name: 'x' },
      spec: { [letters(100_000)]: 1, vhosts: { main: `${letters(100_000)}!` } },
    });
    expect(JSON.stringify(parsed).length).toBeLessThan(3000);
  });

  it(`${DIAGNOSTICS_MAX} diagnostics and not one more`, () => {
    const wrong = (count: number) => problems({ operations: times(count, (at) => ({ method: 'GET', path: `${at}` })) });
    expect(wrong(DIAGNOSTICS_MAX)).toHaveLength(DIAGNOSTICS_MAX);
    expect(wrong(DIAGNOSTICS_MAX + 1)).toHaveLength(DIAGNOSTICS_MAX + 1);
    expect(wrong(DIAGNOSTICS_MAX + 2).at(-1)).toBe('');
  });
});

describe('header patterns', () => {
  it.each([
    ['.*x.*', '.*x.*.*'],
    ['a?'.repeat(6), 'a?'.repeat(7)],
    ['(?:a|b)'.repeat(6), '(?:a|b)'.repeat(7)],
    ['a{1,64}', 'a{0,64}'],
    ['a?b?.*x.*', 'a?b?c?.*x.*'],
    [letters(8).split('').join('|'), Array.from({ length: 65 }, () => 'a').join('|')],
    ['(?:a|b){1}'.slice(0, 7), '(?:a|b){2}'],
  ])('%s is as far as it goes', (most, beyond) => {
    expect(headerPatternProblem(most)).toBeNull();
    expect(headerPatternProblem(beyond)).not.toBeNull();
  });
});

describe('bounds of a text', () => {
  const ok = (text: string, type: string) => parseBody(text, type).ok;
  const nested = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;

  it.each(['application/json', 'application/yaml'])('64 levels of %s', (type) => {
    expect(ok(nested(64), type)).toBe(true);
    expect(ok(nested(66), type)).toBe(false);
  });

  it('25 000 values', () => {
    expect(ok(`{"a":[${'1,'.repeat(24_997)}1]}`, 'application/json')).toBe(true);
    expect(ok(`{"a":[${'1,'.repeat(24_998)}1]}`, 'application/json')).toBe(false);
  });

  it('100 uses of aliases', () => {
    const uses = (count: number) => `a: &x {b: 1}\nc: [${Array(count).fill('*x').join(', ')}]`;
    expect(ok(uses(98), 'text/yaml')).toBe(true);
    expect(ok(uses(101), 'text/yaml')).toBe(false);
  });

  it('200 000 tokens, however little they say', () => {
    expect(ok(`a: 1\n${'#\n'.repeat(99_000)}`, 'text/yaml')).toBe(true);
    expect(parseBody('#\n'.repeat(101_000), 'text/yaml')).toEqual({
      ok: false,
      message: 'failed to parse YAML: more than 200000 tokens',
    });
  });
});
