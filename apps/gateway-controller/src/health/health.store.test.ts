import { Client as GrpcClient, credentials, type ServiceError, status } from '@grpc/grpc-js';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { GrpcServer } from '../grpc/grpc-server.ts';
import { type ControllerUnderTest, controllerUnderTest, sampleApi } from '../testing/controller-under-test.ts';

let under: ControllerUnderTest;
let database: Client;

beforeAll(async () => {
  under = await controllerUnderTest();
  database = new Client(under.databaseUrl);
  await database.connect();
});

afterAll(async () => {
  await database.end();
  await under.close();
});

const admin = async (path: string) => {
  const response = await fetch(`http://127.0.0.1:${under.controller.adminPort}${path}`);
  // Bodies are what the tests assert.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  return { status: response.status, body: (await response.json()) as any };
};

it('is ready when the database answers, is up to date, and every gateway has its snapshot', async () => {
  const all = { database: true, migrations: true, snapshot: true };
  expect(await admin('/ready')).toEqual({ status: 200, body: { status: 'ready', checks: all } });
  await database.query(`UPDATE schema_migration SET name = name || '-gone' WHERE name LIKE 'Sessions0020%'`);
  expect(await admin('/ready')).toEqual({ status: 503, body: { status: 'not_ready', checks: { ...all, migrations: false } } });
  await database.query(`UPDATE schema_migration SET name = replace(name, '-gone', '')`);
  await database.query('ALTER TABLE installation RENAME TO gone');
  expect(await admin('/ready')).toMatchObject({ status: 503, body: { checks: { database: false, snapshot: true } } });
  await database.query('ALTER TABLE gone RENAME TO installation');
  expect((await admin('/ready')).status).toBe(200);
});

it('dumps what is deployed, without what policies are told, and drops what is deleted', async () => {
  const policies = [{ name: 'api-key-auth', version: 'v1', params: { key: 'X-Dumped-Header', in: 'header' } }];
  await under.call('/rest-apis', { method: 'POST', body: sampleApi('Dumped', { policies }) });
  const dump = await admin('/config_dump');
  expect(dump).toMatchObject({ status: 200, body: { status: 'success', statistics: { totalApis: 1 } } });
  const text = JSON.stringify(dump.body);
  expect(text).toContain('"Dumped"');
  expect(text).toContain('"api-key-auth"');
  expect(text).not.toContain('X-Dumped-Header');
  await under.call('/rest-apis/Dumped', { method: 'DELETE' });
  expect(JSON.stringify((await admin('/config_dump')).body)).not.toContain('"Dumped"');
});

it('says which version routers should have come to', async () => {
  await under.call('/rest-apis', { method: 'POST', body: sampleApi('Versioned') });
  const { rows } = await database.query<{ version: string }>(`SELECT version FROM gateway`);
  await expect.poll(async () => String((await admin('/xds_sync_status')).body.version)).toBe(rows[0]?.version);
  const after = (await admin('/xds_sync_status')).body;
  expect(after).toMatchObject({ component: 'gateway-controller', policy_chain_version: String(after.version) });
  expect(Object.values(after.gateways)).toContain(after.version);
  await under.call('/rest-apis/Versioned', { method: 'DELETE' });
});

it('counts APIs from the database, and operations by outcome', async () => {
  await under.call('/rest-apis', { method: 'POST', body: sampleApi('Counted') });
  await under.call('/rest-apis', { method: 'POST', body: sampleApi('Counted') });
  await under.call('/rest-apis', { method: 'POST', body: sampleApi('Idle', { desiredState: 'undeployed' }) });
  const text = await under.metrics();
  expect(text).toContain('gateway_controller_apis_total{api_type="rest_api",status="active"} 1');
  expect(text).toContain('gateway_controller_apis_total{api_type="rest_api",status="undeployed"} 1');
  expect(text).toContain('gateway_controller_api_operations_total{operation="create",status="error",api_type="rest_api"} 1');
  expect(text).toMatch(/gateway_controller_refusals_total\{code="[a-z_]+"\} 1/);
  expect(text).toContain('gateway_controller_nodes{gateway="default",in_sync="true"} 0');
  expect(text).toContain('gateway_controller_api_keys_total 0');
  expect(text).toMatch(/gateway_controller_policies_total [1-9]/);
  expect(text).toMatch(/gateway_controller_database_connections\{state="idle"\} [1-9]/);
  expect(text).toMatch(/gateway_controller_concurrent_requests 0/);
});

it('tells of each request as a span, in the caller’s trace, and names the trace in the log', async () => {
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  await under.call('/rest-apis/Traced?x=secret', { headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } });
  await expect
    .poll(() => under.spans.at(-1))
    .toMatchObject({
      name: 'GET /rest-apis/:id',
      trace: { traceId, parentSpanId: '00f067aa0ba902b7' },
      attributes: { 'http.response.status_code': 404, 'enduser.id': 'admin' },
      error: null,
    });
  expect(under.logs()).toContain(`"traceId":"${traceId}"`);
  expect(JSON.stringify(under.spans)).not.toContain('secret');
});

it('keeps the trace of a write beside what it owes APIM', async () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4737-00f067aa0ba902b7-01';
  await under.call('/rest-apis', { method: 'POST', body: sampleApi('Owed'), headers: { traceparent } });
  const { rows } = await database.query<{ trace: string }>(`SELECT trace_parent AS trace FROM apim_link WHERE handle = 'Owed'`);
  await expect.poll(() => under.spans.at(-1)?.trace.traceparent).toBe(rows[0]?.trace);
  expect(rows[0]?.trace).toMatch(/^00-4bf92f3577b34da6a3ce929d0e0e4737-/);
});

it('tells its health over gRPC, as balancers and probes ask for it', async () => {
  const client = new GrpcClient(`127.0.0.1:${under.controller.app.get(GrpcServer).port}`, credentials.createInsecure());
  const check = (service: string) =>
    new Promise<number>((resolve) => {
      const request = (name: string) =>
        name === '' ? Buffer.alloc(0) : Buffer.concat([Buffer.of(0x0a, name.length), Buffer.from(name)]);
      const answer = (bytes: Buffer) => bytes[1] ?? 0;
      const path = '/grpc.health.v1.Health/Check';
      client.makeUnaryRequest(path, request, answer, service, (error: ServiceError | null, found?: number) =>
        resolve(error === null ? (found ?? 0) : -error.code),
      );
    });
  const SERVING = 1;
  expect([await check(''), await check('tidegate.discovery.v1.Discovery')]).toEqual([SERVING, SERVING]);
  expect(await check('no.such.Service')).toBe(-status.NOT_FOUND);
  await database.query('ALTER TABLE installation RENAME TO gone');
  expect(await check('')).toBe(2);
  await database.query('ALTER TABLE gone RENAME TO installation');
  expect(await check('')).toBe(SERVING);
  client.close();
});
