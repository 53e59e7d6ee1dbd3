import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { simulatorSchema } from './config.ts';
import { startSimulator, type RunningSimulator } from './start-simulator.ts';
import { sampleArchive, type SampleArchive } from './state/sample-archive.ts';

const folder = mkdtempSync(join(tmpdir(), 'apim-simulator-'));
const settings = simulatorSchema.parse({
  log: { level: 'info', format: 'json' },
  simulator: {
    port: 0,
    gateway_token: 'registered',
    cert_file: join(folder, 'cert.pem'),
    key_file: join(folder, 'key.pem'),
    state_file: join(folder, 'apim.json'),
  },
}).simulator;

let simulator: RunningSimulator;
beforeAll(async () => {
  simulator = await startSimulator(settings);
});
afterEach(() => call('POST', '/_control/reset'));
afterAll(async () => {
  await simulator.close();
  rmSync(folder, { recursive: true, force: true });
});

it('keeps its key to itself', () => {
  expect(statSync(settings.key_file).mode & 0o777).toBe(0o600);
});

it('issues tokens for the client and for the user, and nobody else', async () => {
  expect((await getToken()).status).toBe(200);
  expect((await getToken('tidegate', 'wrong')).json).toMatchObject({ error: 'invalid_client' });
  const password = await call(
    'POST',
    '/oauth2/token',
    form({ grant_type: 'password', username: 'admin', password: 'admin', scope: 'apim:api_view nonsense' }),
  );
  expect(password.json).toMatchObject({ scope: 'apim:api_view', token_type: 'Bearer', expires_in: 3600 });
  const refused = await call('POST', '/oauth2/token', form({ grant_type: 'password', username: 'admin', password: 'x' }));
  expect(refused.status).toBe(400);
});

it('takes an API in, shows it, and undeploys it', async () => {
  const token = await bearer();
  const imported = await importApi(token, { properties: { tidegate_id: 'a1' } });
  expect(imported.json).toEqual({ id: expect.any(String) as unknown, revision: '1' });
  const id = (imported.json as { id: string }).id;

  const query = encodeURIComponent('name:"PetStore API" version:"v1.0"');
  const list = await call('GET', `/api/am/publisher/v4/apis?query=${query}&limit=1`, { headers: { authorization: token } });
  expect(list.json).toMatchObject({ count: 1, list: [{ id, name: 'PetStore API' }], pagination: { total: 1 } });
  expect((list.json as { list: object[] }).list[0]).not.toHaveProperty('additionalProperties');
  const api = await call('GET', `/api/am/publisher/v4/apis/${id}`, { headers: { authorization: token } });
  expect(api.json).toMatchObject({ additionalProperties: [{ name: 'tidegate_id', value: 'a1' }] });
  expect((await call('GET', `/api/am/publisher/v4/apis/${id}/swagger`, { headers: { authorization: token } })).text).toContain(
    '/pet/{petId}',
  );

  const target = {
    headers: { authorization: token, 'content-type': 'application/json' },
    body: '[{"name":"onprem-gw","displayOnDevportal":false}]',
  };
  expect(await call('POST', `/api/am/publisher/v4/apis/${id}/undeploy-revision?revisionId=9`, target)).toMatchObject({
    status: 404,
  });
  expect(await call('POST', `/api/am/publisher/v4/apis/${id}/undeploy-revision?revisionId=1`, target)).toMatchObject({
    status: 201,
    json: [],
  });
  const deployed = await call('GET', `/api/am/publisher/v4/apis/${id}/revisions?query=deployed:true`, {
    headers: { authorization: token },
  });
  expect(deployed.json).toMatchObject({ count: 0 });
});

it('refuses without a token, with an expired one, and without the scope', async () => {
  expect((await call('GET', '/api/am/publisher/v4/apis')).status).toBe(401);
  const token = await bearer('apim:api_view');
  expect((await importApi(token)).status).toBe(403);
  await call('POST', '/_control/tokens/expire');
  expect((await call('GET', '/api/am/publisher/v4/apis', { headers: { authorization: token } })).status).toBe(401);
});

it('keeps its APIs over a restart', async () => {
  const token = await bearer();
  const { id } = (await importApi(token)).json as { id: string };
  const again = await startSimulator(settings);
  expect(again.apiCount).toBe(1);
  expect(again.caPem).toBe(simulator.caPem);
  await again.close();
  expect(id).toBeTruthy();
});

it('misbehaves on request, and says afterwards what took effect', async () => {
  const token = await bearer();
  await rule({ endpoint: 'import', fault: { kind: 'status', status: 503, retry_after: '7' }, times: 1 });
  const unavailable = await importApi(token);
  expect([unavailable.status, unavailable.headers['retry-after']]).toEqual([503, '7']);
  await rule({ endpoint: 'import', fault: { kind: 'commit-then-reset' }, times: 1 });
  await expect(importApi(token)).rejects.toThrow();
  await rule({ endpoint: 'import', fault: { kind: 'garbage' }, times: 1 });
  expect((await importApi(token)).json).toBeNull();
  await rule({ endpoint: 'import', fault: { kind: 'slow-body', ms: 50 }, times: 1 });
  expect((await importApi(token)).json).toMatchObject({ revision: '3' });

  const state = (await call('GET', '/_control/state')).json as {
    apis: { revisionsMade: number }[];
    exchanges: Record<string, unknown>[];
  };
  expect(state.apis.map((api) => api.revisionsMade)).toEqual([3]);
  const imports = state.exchanges.filter((exchange) => exchange['endpoint'] === 'import');
  expect(imports.map((exchange) => [exchange['processed'], exchange['status']])).toEqual([
    [false, 503],
    [true, null],
    [true, 200],
    [true, 200],
  ]);
  expect(JSON.stringify(state)).not.toContain(token.slice(7));
  expect(imports[0]?.['headers']).toMatchObject({ authorization: 'Bearer ***' });
});

it('hides what was just created for as long as told', async () => {
  await call('POST', '/_control/behaviour', { body: '{"hide_new":"10m"}' });
  const token = await bearer();
  const { id } = (await importApi(token)).json as { id: string };
  expect((await call('GET', `/api/am/publisher/v4/apis/${id}`, { headers: { authorization: token } })).status).toBe(404);
  expect((await importApi(token)).json).toMatchObject({ id, revision: '2' });
});

it('speaks to one gateway at a time over the WebSocket', async () => {
  const refused = connect('wrong');
  expect(await refused.closed).toBe(4401);
  await call('POST', '/_control/events', { body: '{"type":"apikey.revoked","payload":{"apiId":"a"}}' });

  const first = connect('registered');
  expect(await first.message()).toMatchObject({ type: 'connection.ack' });
  expect(await first.message()).toMatchObject({ type: 'apikey.revoked', payload: { apiId: 'a' } });
  const second = connect('registered');
  expect(await first.closed).toBe(1000);
  expect(await second.message()).toMatchObject({ type: 'connection.ack' });
  second.socket.send(JSON.stringify({ type: 'deployment.ack', payload: { deploymentId: 'd' } }));
  await call('POST', '/_control/sessions/drop', { body: '{"code":4000}' });
  expect(await second.closed).toBe(4000);
  expect((await call('GET', '/_control/state')).json).toMatchObject({ acks: [{ payload: { deploymentId: 'd' } }] });
});

it('hands a gateway its artifact', async () => {
  const { id } = (await importApi(await bearer())).json as { id: string };
  const headers = { 'api-key': 'registered', accept: 'application/zip' };
  expect((await call('GET', `/internal/data/v1/apis/${id}`, { headers: { accept: 'application/zip' } })).status).toBe(401);
  expect((await call('GET', `/internal/data/v1/apis/${id}`, { headers })).text.slice(0, 2)).toBe('PK');
  expect((await call('GET', '/internal/data/v1/deployments', { headers })).json).toMatchObject({
    deployments: [{ artifactId: id, state: 'DEPLOYED' }],
  });
  expect((await call('GET', '/internal/gateway/.well-known')).json).toMatchObject({ gatewayPath: 'internal/data/v1' });
});

it('registers gateways, whose tokens open their own session, and forgets a token that was made anew', async () => {
  const admin = { authorization: await bearer('apim:admin') };
  const gateways = '/api/am/admin/v4/gateways';
  const post = (path: string, body: object): Promise<Reply> => call('POST', path, { headers: admin, body: JSON.stringify(body) });
  const described = { name: 'second-gw', displayName: 'Second', vhost: 'https://second.example.com' };
  expect((await call('GET', gateways, { headers: { authorization: await bearer() } })).status).toBe(403);
  expect((await post(gateways, { ...described, name: 'Wrong Name' })).status).toBe(400);
  const made = (await post(gateways, described)).json as { id: string; registrationToken: string };
  expect(made.registrationToken).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}\.[\w-]{43}$/);
  expect((await post(gateways, described)).status).toBe(409);

  const second = connect(made.registrationToken);
  const first = connect('registered');
  expect(await second.message()).toMatchObject({ type: 'connection.ack', gatewayId: made.id });
  expect(await first.message()).toMatchObject({ type: 'connection.ack' });
  const { list } = (await call('GET', gateways, { headers: admin })).json as { list: object[] };
  expect(list).toMatchObject([
    { name: 'onprem-gw', isActive: true },
    { id: made.id, isActive: true },
  ]);
  expect(JSON.stringify(list)).not.toMatch(/oken/);
  await call('POST', '/_control/events', { body: JSON.stringify({ type: 'x', payload: {}, gateway: 'second-gw' }) });
  expect(await second.message()).toMatchObject({ type: 'x' });

  const renewed = (await post(`${gateways}/${made.id}/regenerate-token`, {})).json as { registrationToken: string };
  expect(await second.closed).toBe(1008);
  expect(await connect(made.registrationToken).closed).toBe(4401);
  const again = connect(renewed.registrationToken);
  expect(await again.message()).toMatchObject({ gatewayId: made.id });
  again.socket.close();
  first.socket.close();
  const changed = { displayName: 'Renamed', vhost: described.vhost };
  expect((await call('PUT', `${gateways}/${made.id}`, { headers: admin, body: JSON.stringify(changed) })).json).toMatchObject(
    changed,
  );
  expect((await call('DELETE', `${gateways}/${made.id}`, { headers: admin })).status).toBe(200);
  expect((await call('GET', `${gateways}/${made.id}`, { headers: admin })).status).toBe(404);
});

it('deletes an API for whoever may, and tells its gateway', async () => {
  const { id } = (await importApi(await bearer())).json as { id: string };
  const remove = async (scope: string): Promise<number> =>
    (await call('DELETE', `/api/am/publisher/v4/apis/${id}`, { headers: { authorization: await bearer(scope) } })).status;
  const gateway = connect('registered');
  await gateway.message();
  expect(await remove('apim:api_view')).toBe(403);
  expect(await remove('apim:api_manage')).toBe(200);
  expect(await gateway.message()).toMatchObject({ type: 'api.deleted', payload: { apiId: id } });
  expect(await remove('apim:api_manage')).toBe(404);
  gateway.socket.close();
});

it('writes events again on request, backwards too, and lists every import', async () => {
  await importApi(await bearer());
  await rule({ endpoint: 'import', fault: { kind: 'status', status: 500 }, times: 1 });
  await importApi(await bearer());
  expect((await call('GET', '/_control/imports')).json).toMatchObject([
    { status: 200, processed: true, parts: [{ name: 'file', api: { name: 'PetStore API' } }] },
    { status: 500, processed: false },
  ]);
  const gateway = connect('registered');
  await gateway.message();
  for (const type of ['one', 'two']) await call('POST', '/_control/events', { body: JSON.stringify({ type, payload: {} }) });
  await call('POST', '/_control/events/replay', { body: JSON.stringify({ last: 2, backwards: true }) });
  const types: unknown[] = [];
  while (types.length < 4) types.push(((await gateway.message()) as { type: string }).type);
  expect(types).toEqual(['one', 'two', 'two', 'one']);
  gateway.socket.close();
});

it('is a cloud control plane on request', async () => {
  await call('POST', '/_control/behaviour', { body: JSON.stringify({ control_plane: 'cloud' }) });
  expect((await call('GET', '/internal/gateway/.well-known')).json).not.toHaveProperty('gatewayPath');
  await call('POST', '/_control/secrets', { body: JSON.stringify({ handle: 'h', value: 'v' }) });
  const headers = { 'api-key': 'registered' };
  expect((await call('GET', '/api/internal/v1/secrets/h/value', { headers })).json).toEqual({ value: 'v' });
  expect((await call('GET', '/api/internal/v1/secrets/i/value', { headers })).status).toBe(404);
  expect((await call('GET', '/internal/data/v1/secrets/h/value', { headers })).status).toBe(404);
  const posted = await call('POST', '/api/internal/v1/gateways/g/manifest', { headers, body: '{"version":"1.2.0"}' });
  expect(posted.status).toBe(204);
  expect((await call('GET', '/_control/state')).json).toMatchObject({ manifests: [{ version: '1.2.0' }] });
});

type Reply = {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
  readonly json: unknown;
};
type Sent = { readonly headers?: Record<string, string>; readonly body?: string | Buffer };

function call(method: string, path: string, sent: Sent = {}): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options = {
      method,
      path,
      host: '127.0.0.1',
      port: simulator.port,
      ca: simulator.caPem,
      servername: 'localhost',
      headers: sent.headers ?? {},
    };
    const outgoing = request(options, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(pieces).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) });
      });
    });
    outgoing.on('error', reject);
    outgoing.end(sent.body);
  });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function form(fields: Record<string, string>): Sent {
  return { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: new URLSearchParams(fields).toString() };
}

function getToken(id = 'tidegate', secret = 'tidegate-secret', scope = 'apim:api_import_export apim:api_view'): Promise<Reply> {
  const { headers, body } = form({ grant_type: 'client_credentials', scope });
  const authorization = `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
  return call('POST', '/oauth2/token', { headers: { ...headers, authorization }, ...(body === undefined ? {} : { body }) });
}

async function bearer(scope?: string): Promise<string> {
  const token = (await getToken(undefined, undefined, scope)).json as { access_token: string };
  return `Bearer ${token.access_token}`;
}

function importApi(authorization: string, sample: SampleArchive = {}): Promise<Reply> {
  const body = Buffer.concat([
    Buffer.from('--XYZ\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\n'),
    sampleArchive(sample),
    Buffer.from('\r\n--XYZ--\r\n'),
  ]);
  const headers = { authorization, accept: 'application/json', 'content-type': 'multipart/form-data; boundary=XYZ' };
  return call('POST', '/api/am/publisher/v4/apis/import?preserveProvider=false&overwrite=true&dryRun=false&rotateRevision=true', {
    headers,
    body,
  });
}

async function rule(body: object): Promise<void> {
  const reply = await call('POST', '/_control/rules', { body: JSON.stringify(body) });
  expect(reply.status).toBe(201);
}

function connect(key: string): { socket: WebSocket; closed: Promise<number>; message: () => Promise<unknown> } {
  const socket = new WebSocket(`wss://localhost:${simulator.port}/internal/data/v1/ws/gateways/connect`, {
    ca: simulator.caPem,
    headers: { 'api-key': key },
  });
  const queue: unknown[] = [];
  const waiting: ((message: unknown) => void)[] = [];
  socket.on('message', (data) => {
    const message: unknown = JSON.parse((data as Buffer).toString('utf8'));
    const next = waiting.shift();
    if (next === undefined) queue.push(message);
    else next(message);
  });
  const closed = new Promise<number>((resolve) => socket.on('close', (code) => resolve(code)));
  return {
    socket,
    closed,
    message: () => (queue.length > 0 ? Promise.resolve(queue.shift()) : new Promise((resolve) => waiting.push(resolve))),
  };
}
