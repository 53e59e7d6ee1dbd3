import { describe, expect, test } from 'vitest';
import type { ExchangeResult } from '../apim/exchange.ts';
import { connectUrl, readDiscovery, readWellKnown } from './discovery.ts';

const answer = (status: number, body = ''): ExchangeResult => ({ kind: 'answer', status, headers: {}, body });
const silence: ExchangeResult = { kind: 'no-answer', sent: false, message: 'refused' };
const apim = '{"gatewayPath":"internal/data/v1","controlPlane":{"type":"APIM","version":"4.7.0"}}';

test.each([
  [apim, '/internal/data/v1'],
  ['{"gatewayPath":"/internal/data/v1"}', '/internal/data/v1'],
  ['{"gatewayPath":" internal/data/v1/ "}', '/internal/data/v1'],
  ['{"gatewayPath":"  / "}', ''],
  ['{}', ''],
  ['{"gatewayPath":null}', ''],
  ['{"gatewayPath":7}', null],
  ['{"gatewayPath":"x?y=@evil"}', null],
  ['"internal"', null],
  ['<html>', null],
])('%s is %j', (body, path) => {
  expect(readWellKnown(body)).toBe(path);
});

describe('a failure is never a wrong guess', () => {
  test.each([
    ['auto', answer(200, apim), { kind: 'onprem', gatewayPath: '/internal/data/v1' }],
    ['auto', answer(200, '{}'), { kind: 'cloud' }],
    ['auto', answer(404), { kind: 'unknown', reason: 'undiscovered' }],
    ['auto', answer(200, '<html>'), { kind: 'unknown', reason: 'undiscovered' }],
    ['auto', answer(503), { kind: 'unknown', reason: 'unreachable' }],
    ['auto', silence, { kind: 'unknown', reason: 'unreachable' }],
    ['onprem', silence, { kind: 'unknown', reason: 'unreachable' }],
    ['onprem', answer(503), { kind: 'unknown', reason: 'unreachable' }],
    ['onprem', answer(404), { kind: 'onprem', gatewayPath: '/internal/data/v1' }],
    ['onprem', answer(200, '{"gatewayPath":"other"}'), { kind: 'onprem', gatewayPath: '/other' }],
    ['cloud', answer(200, apim), { kind: 'cloud' }],
  ] as const)('mode %s, %j', (mode, result, expected) => {
    expect(readDiscovery(result, mode)).toMatchObject(expected);
  });
});

test('the WebSocket lives below the gateway path', () => {
  expect(connectUrl('apim:9443', '/internal/data/v1')).toBe('wss://apim:9443/internal/data/v1/ws/gateways/connect');
});
