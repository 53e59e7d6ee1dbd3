import { describe, expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { redirect } from './definition.ts';
import { redirectRuntime } from './runtime.ts';

const REQUEST = {
  host: 'api.example.com:8080',
  path: '/ctx/files/a/b',
  operationPath: '/files/*',
  context: '/ctx',
  rawQuery: '?x=1',
};

async function location(params: unknown, request: Parameters<typeof sampleExchange>[0] = REQUEST) {
  const answer = await redirectRuntime
    .build(redirect.params.parse(params), sampleContext())
    .requestHeaders?.(sampleExchange(request));
  expect(answer).toMatchObject({ body: '' });
  return [answer?.status, answer?.headers[0]?.[1]];
}

describe('redirect', () => {
  it.each([
    [{}, 302, 'http://api.example.com:8080/ctx/files/a/b?x=1'],
    [{ statusCode: 308, scheme: 'https' }, 308, 'https://api.example.com/ctx/files/a/b?x=1'],
    [{ scheme: 'https', port: 8443 }, 302, 'https://api.example.com:8443/ctx/files/a/b?x=1'],
    [{ scheme: 'https', port: 443 }, 302, 'https://api.example.com/ctx/files/a/b?x=1'],
    [{ scheme: 'http' }, 302, 'http://api.example.com:8080/ctx/files/a/b?x=1'],
    [{ hostname: 'new.example.com' }, 302, 'http://new.example.com:8080/ctx/files/a/b?x=1'],
    [{ hostname: 'new.example.com', port: 80 }, 302, 'http://new.example.com/ctx/files/a/b?x=1'],
    [{ path: { mode: 'full', value: '/moved' } }, 302, 'http://api.example.com:8080/moved?x=1'],
    [{ path: { mode: 'prefix', value: '/docs' } }, 302, 'http://api.example.com:8080/ctx/docs/a/b?x=1'],
    [{ path: { mode: 'prefix', value: '/' } }, 302, 'http://api.example.com:8080/ctx/a/b?x=1'],
  ])('%j: %d %s', async (params, status, expected) => {
    expect(await location(params)).toEqual([status, expected]);
  });

  it('replaces the whole of an operation path that is no subtree, and one with parameters segment by segment', async () => {
    const plain = { ...REQUEST, path: '/ctx/pet/7', operationPath: '/pet/{id}', rawQuery: '' };
    expect((await location({ path: { mode: 'prefix', value: '/animal' } }, plain))[1]).toBe(
      'http://api.example.com:8080/ctx/animal',
    );
    const subtree = { ...REQUEST, path: '/ctx/pet/7/photos/1', operationPath: '/pet/{id}/*', rawQuery: '' };
    expect((await location({ path: { mode: 'prefix', value: '/animal' } }, subtree))[1]).toBe(
      'http://api.example.com:8080/ctx/animal/photos/1',
    );
  });

  it('keeps an IPv6 host whole', async () => {
    expect((await location({}, { ...REQUEST, host: '[::1]:81', rawQuery: '' }))[1]).toBe('http://[::1]:81/ctx/files/a/b');
    expect((await location({}, { ...REQUEST, host: '[::1]', rawQuery: '' }))[1]).toBe('http://[::1]/ctx/files/a/b');
  });

  it.each([
    { statusCode: 304 },
    { scheme: 'ftp' },
    { hostname: 'a:1' },
    { hostname: 'a/b' },
    { port: 0 },
    { path: { mode: 'full', value: 'x' } },
    { path: { mode: 'full', value: '/a?b' } },
    { path: { mode: 'full', value: '/a\r\nb' } },
    { path: { value: '/a' } },
    { to: '/a' },
  ])('refuses %j', (params) => {
    expect(redirect.params.safeParse(params).success).toBe(false);
  });
});
