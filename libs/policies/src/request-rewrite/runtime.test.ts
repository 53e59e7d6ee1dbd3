import { describe, expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { requestRewrite } from './definition.ts';
import { requestRewriteRuntime } from './runtime.ts';

const REQUEST = {
  path: '/ctx/pets/7/photos',
  context: '/ctx',
  operationPath: '/pets/*',
  rawQuery: '?a=1&b=2&a=3',
  headers: { 'x-v': 'beta-2' },
};

function run(params: unknown, request: Parameters<typeof sampleExchange>[0] = REQUEST) {
  const exchange = sampleExchange(request);
  expect(
    requestRewriteRuntime.build(requestRewrite.params.parse(params), sampleContext()).requestHeaders?.(exchange),
  ).toBeUndefined();
  const { method, path, query } = exchange.upstream;
  return [method, path, query];
}

const path = (params: object, request?: Parameters<typeof sampleExchange>[0]) => run({ pathRewrite: params }, request)[1];
const query = (...rules: object[]) => run({ queryRewrite: { rules } })[2];

describe('request-rewrite', () => {
  it('rewrites paths behind the context', () => {
    expect(path({ type: 'ReplaceFullPath', replaceFullPath: '/v2/all' })).toBe('/v2/all');
    expect(path({ type: 'ReplacePrefixMatch', replacePrefixMatch: '/animals' })).toBe('/animals/7/photos');
    expect(path({ type: 'ReplacePrefixMatch', replacePrefixMatch: '/' })).toBe('/7/photos');
    expect(
      path({ type: 'ReplacePrefixMatch', replacePrefixMatch: '/x' }, { ...REQUEST, path: '/ctx/pets', operationPath: '/pets' }),
    ).toBe('/x');
    expect(
      path({ type: 'ReplacePrefixMatch', replacePrefixMatch: '/' }, { ...REQUEST, path: '/ctx/pets', operationPath: '/pets' }),
    ).toBe('/');
    const replaceRegexMatch = { pattern: '/pets/([0-9]+)/(\\w+)', substitution: '/\\2/of/\\1' };
    expect(path({ type: 'ReplaceRegexMatch', replaceRegexMatch })).toBe('/photos/of/7');
  });

  it('rewrites queries in order, and keeps what no rule names', () => {
    expect(query({ action: 'Replace', name: 'a', value: 'x y' })).toBe('?a=x+y&b=2');
    expect(query({ action: 'Replace', name: 'c', value: 'x' })).toBe('?a=1&b=2&a=3');
    expect(query({ action: 'Remove', name: 'a' }, { action: 'Remove', name: 'b' })).toBe('');
    expect(query({ action: 'Add', name: 'a', value: '&' })).toBe('?a=1&b=2&a=3&a=%26');
    expect(query({ action: 'Append', name: 'a', value: 'z', separator: ',' })).toBe('?a=1%2Cz&b=2&a=3%2Cz');
    expect(query({ action: 'Append', name: 'c', value: 'z', separator: ',' })).toBe('?a=1&b=2&a=3&c=z');
    expect(query({ action: 'ReplaceRegexMatch', name: 'b', pattern: '(\\d)', substitution: '<\\1>' })).toBe('?a=1&b=%3C2%3E&a=3');
  });

  it('rewrites the method, and leaves the rest as it was', () => {
    expect(run({ methodRewrite: 'POST' })).toEqual(['POST', '/pets/7/photos', '?a=1&b=2&a=3']);
  });

  it.each([
    [{ headers: [{ name: 'X-V', type: 'Exact', value: 'beta-2' }] }, true],
    [{ headers: [{ name: 'X-V', type: 'Exact', value: 'beta' }] }, false],
    [{ headers: [{ name: 'X-V', type: 'Regex', value: '^beta' }] }, true],
    [{ headers: [{ name: 'X-V', type: 'Present' }] }, true],
    [{ headers: [{ name: 'X-W', type: 'Present' }] }, false],
    [{ headers: [{ name: 'X-W', type: 'Regex', value: '.*' }] }, false],
    [{ queryParams: [{ name: 'a', value: '1' }] }, true],
    [{ headers: [{ name: 'X-V', type: 'Present' }], queryParams: [{ name: 'a', value: '2' }] }, false],
  ])('%j matches: %s', (match, matches) => {
    expect(run({ match, methodRewrite: 'PUT' })[0]).toBe(matches ? 'PUT' : 'GET');
  });

  it.each([
    {},
    { match: {} },
    { pathRewrite: { type: 'ReplaceFullPath', replaceFullPath: 'a' } },
    { pathRewrite: { type: 'ReplaceFullPath', replaceFullPath: '/a?b' } },
    { pathRewrite: { type: 'ReplaceFullPath', replacePrefixMatch: '/a' } },
    { pathRewrite: { type: 'ReplaceRegexMatch', replaceRegexMatch: { pattern: '(', substitution: '' } } },
    { pathRewrite: { type: 'ReplaceRegexMatch', replaceRegexMatch: { pattern: '(?=a)', substitution: '' } } },
    { queryRewrite: { rules: [] } },
    { queryRewrite: { rules: [{ action: 'Replace', name: 'a' }] } },
    { methodRewrite: 'TRACE' },
    { match: { headers: [{ name: 'a', type: 'Exact' }] }, methodRewrite: 'PUT' },
    { match: { headers: [{ name: 'a', type: 'Regex', value: '(a)\\1' }] }, methodRewrite: 'PUT' },
  ])('refuses %j', (params) => {
    expect(requestRewrite.params.safeParse(params).success).toBe(false);
  });
});
