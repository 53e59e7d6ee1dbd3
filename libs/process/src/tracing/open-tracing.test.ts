import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { openTracing } from './open-tracing.ts';
import { tracingSettings } from './settings.ts';
import { traceOf } from './trace-context.ts';

let server: Server;
let endpoint: string;
let exported: unknown[];

beforeEach(async () => {
  exported = [];
  server = createServer((request, response) => {
    void json(request).then((body) => {
      exported.push(body);
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
});

afterEach(() => server.close());

const SERVICE = { name: 'router', version: '1.2.3', instance: 'node-1' };

test('spans reach the collector with their ids, times and attributes', async () => {
  const tracing = await openTracing(tracingSettings.parse({ enabled: true, endpoint }), SERVICE);
  const trace = traceOf('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', () => false);
  const attributes = { 'http.route': '/a/{x}', 'http.response.status_code': 502, nothing: null };
  tracing?.record({
    trace,
    name: 'GET /a/{x}',
    kind: 'server',
    startedMs: 1_700_000_000_123,
    durationMs: 1.5,
    attributes,
    error: 'reset',
  });
  await tracing?.close();
  expect(exported).toMatchObject([
    {
      resourceSpans: [
        {
          resource: { attributes: expect.arrayContaining([{ key: 'service.name', value: { stringValue: 'router' } }]) },
          scopeSpans: [
            {
              spans: [
                {
                  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
                  spanId: trace.spanId,
                  parentSpanId: '00f067aa0ba902b7',
                  name: 'GET /a/{x}',
                  kind: 2,
                  startTimeUnixNano: '1700000000123000000',
                  endTimeUnixNano: '1700000000124500000',
                  attributes: [
                    { key: 'http.route', value: { stringValue: '/a/{x}' } },
                    { key: 'http.response.status_code', value: { intValue: 502 } },
                  ],
                  status: { code: 2, message: 'reset' },
                },
              ],
            },
          ],
        },
      ],
    },
  ]);
});

test('off by default; a share of new traces is sampled; a collector that is away costs nothing but its spans', async () => {
  expect(await openTracing(tracingSettings.parse({}), SERVICE)).toBeNull();
  server.close();
  const never = await openTracing(tracingSettings.parse({ enabled: true, endpoint, sampling_rate: 0 }), SERVICE);
  const always = await openTracing(tracingSettings.parse({ enabled: true, endpoint }), SERVICE);
  expect([never?.sample(), always?.sample()]).toEqual([false, true]);
  const trace = traceOf(undefined, () => true);
  always?.record({ trace, name: 'x', kind: 'internal', startedMs: 0, durationMs: 1, attributes: {}, error: null });
  await Promise.all([never?.close(), always?.close()]);
});

test.each(['otel-collector:4317', 'ftp://x/y', ''])('%j is no endpoint', (wrong) => {
  expect(() => tracingSettings.parse({ endpoint: wrong })).toThrow(/OTLP over HTTP/);
});
