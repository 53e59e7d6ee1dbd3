import { describe, expect, test } from 'vitest';
import type { ExchangeResult } from '../apim/exchange.ts';
import { classify, type Door, type Failure } from './classify.ts';

const nowMs = Date.parse('2026-05-26T10:15:30Z');
const answer = (status: number, body = '', headers = {}): ExchangeResult => ({ kind: 'answer', status, headers, body });
const silence = (sent: boolean): ExchangeResult => ({ kind: 'no-answer', sent, message: 'm' });

describe('each answer at each door', () => {
  test.each<[Door, ExchangeResult, Partial<Failure>]>([
    [
      'import',
      silence(false),
      { class: 'retryable', code: 'unreachable', notSent: true, outcomeUnknown: false, unreachable: true },
    ],
    ['import', silence(true), { class: 'retryable', code: 'no_answer', notSent: false, outcomeUnknown: true, unreachable: true }],
    ['undeploy', silence(true), { outcomeUnknown: true }],
    ['look-up', silence(true), { outcomeUnknown: false }],
    ...[408, 425, 429, 500, 502, 503, 504].map((status): [Door, ExchangeResult, Partial<Failure>] => [
      'import',
      answer(status),
      { class: 'retryable', unreachable: false },
    ]),
    ['import', answer(429), { code: 'apim_throttled', outcomeUnknown: false }],
    ['import', answer(503), { code: 'apim_unavailable', outcomeUnknown: true }],
    ['token', answer(503), { class: 'retryable', outcomeUnknown: false }],
    ['token', answer(404), { class: 'retryable', code: 'apim_unavailable' }],
    ['look-up', answer(404), { class: 'retryable' }],
    ...[400, 404, 413, 422].map((status): [Door, ExchangeResult, Partial<Failure>] => [
      'import',
      answer(status),
      { class: 'terminal', code: 'import_refused' },
    ]),
    ['import', answer(409), { class: 'terminal', code: 'conflict' }],
    ['undeploy', answer(400), { class: 'terminal', code: 'undeploy_refused' }],
    ['token', answer(400), { class: 'blocked', code: 'credentials' }],
    ['token', answer(401), { class: 'blocked', code: 'credentials' }],
    ['token', answer(403), { class: 'blocked', code: 'credentials' }],
    ['import', answer(401), { class: 'blocked', code: 'token_refused' }],
    ['import', answer(302), { class: 'blocked', code: 'redirected' }],
    ['import', answer(200, 'API imported'), { class: 'retryable', code: 'unreadable_answer', outcomeUnknown: true }],
    ['token', answer(200, '<html>'), { class: 'retryable', code: 'unreadable_answer' }],
    ['look-up', answer(200, '<html>'), { class: 'retryable', code: 'unreadable_answer', outcomeUnknown: false }],
  ])('%s %j', (door, result, expected) => {
    expect(classify(door, result, nowMs)).toMatchObject(expected);
  });
});

test.each<[Door, string]>([
  ['import', 'apim:api_import_export'],
  ['undeploy', 'apim:api_publish'],
  ['look-up', 'apim:api_view'],
])('403 at %s names the scope', (door, scope) => {
  const { class: kind, code, message } = classify(door, answer(403), nowMs);
  expect([kind, code]).toEqual(['blocked', 'scope_missing']);
  expect(message).toContain(scope);
});

test('Retry-After is heard', () => {
  expect(classify('import', answer(503, '', { 'retry-after': '120' }), nowMs).retryAfterMs).toBe(120_000);
  expect(classify('import', answer(503, '', { 'retry-after': 'soon' }), nowMs).retryAfterMs).toBe(0);
});

test.each([
  ['{"code":900300,"message":"Bad Request","description":"The context is used"}', 'Import: HTTP 400: The context is used'],
  ['{"error":"invalid_client"}', 'Import: HTTP 400: invalid_client'],
  ['plain  words\n', 'Import: HTTP 400: plain words'],
  ['<html>…</html>', 'Import: HTTP 400'],
  ['{"access_token":"secret"}', 'Import: HTTP 400'],
  ['', 'Import: HTTP 400'],
])("repeats APIM's words: %s", (body, message) => {
  expect(classify('import', answer(400, body), nowMs).message).toBe(message);
});

test('a success that cannot be read is not repeated: it may hold a token', () => {
  expect(classify('token', answer(200, 'access_token=secret'), nowMs).message).not.toContain('secret');
});

test('long words are cut', () => {
  expect(classify('import', answer(400, 'x'.repeat(9999)), nowMs).message.length).toBeLessThan(600);
});
