import { expect, it } from 'vitest';

import { browserRefusal } from './browser-rules.ts';

const LISTED = ['gateway.example', 'other.example:8443'];

function refusal(change: Partial<Parameters<typeof browserRefusal>[0]>): number | null {
  return (
    browserRefusal({ method: 'POST', host: 'localhost:9090', origin: undefined, fetchSite: undefined, ...change }, LISTED)
      ?.status ?? null
  );
}

it.each([
  ['localhost:9090', null],
  ['LOCALHOST', null],
  ['127.0.0.1:9090', null],
  ['127.9.9.9', null],
  ['[::1]:9090', null],
  ['gateway.example', null],
  ['Gateway.Example:1234', null],
  ['other.example:8443', null],
  ['other.example', 421],
  ['evil.example', 421],
  ['localhost.evil.example', 421],
  ['localhost@evil.example', 421],
  ['127.0.0.1.evil.example:9090', 421],
  ['', 421],
  [undefined, 421],
])('serves the host %s: %s', (host, status) => {
  expect(refusal({ method: 'GET', host })).toBe(status);
});

it.each([
  [{}, null],
  [{ origin: 'http://localhost:9090' }, null],
  [{ origin: 'https://gateway.example' }, null],
  [{ origin: 'http://localhost:3000' }, 403],
  [{ origin: 'https://evil.example' }, 403],
  [{ origin: 'null' }, 403],
  [{ origin: '' }, 403],
  [{ fetchSite: 'cross-site' }, 403],
  [{ fetchSite: 'same-origin', origin: 'http://localhost:9090' }, null],
  [{ fetchSite: 'none' }, null],
  [{ method: 'GET', origin: 'https://evil.example', fetchSite: 'cross-site' }, null],
])('a write with %j: %s', (change, status) => {
  expect(refusal(change)).toBe(status);
});
