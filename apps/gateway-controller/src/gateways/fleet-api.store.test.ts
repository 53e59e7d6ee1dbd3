import { Phase } from '@tidegate/gateway-ir';
import { gatewayItem, gatewayList, nodeList, tokenCreated, tokenList } from '@tidegate/management-api';
import { waitFor } from '@tidegate/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { SampleNode } from '../discovery/sample-node.ts';
import { GrpcServer } from '../grpc/grpc-server.ts';
import { type ControllerUnderTest, controllerUnderTest } from '../testing/controller-under-test.ts';

let under: ControllerUnderTest;
let database: Client;
const nodes: SampleNode[] = [];

beforeAll(async () => {
  under = await controllerUnderTest();
  database = new Client({ connectionString: under.databaseUrl });
  await database.connect();
});

afterAll(async () => {
  for (const node of nodes) node.close();
  await database.end();
  await under.close();
});

const create = (body: object) => under.call('/gateways', { method: 'POST', body });
const read = async (id: string) => gatewayItem.parse((await under.call(`/gateways/${id}`)).body);
const list = async (query: string) => gatewayList.parse((await under.call(`/gateways?${query}`)).body);

async function joined(gateway: string, nodeId: string, phase: Phase): Promise<SampleNode> {
  const node = new SampleNode(`127.0.0.1:${under.controller.app.get(GrpcServer, { strict: false }).port}`, nodeId);
  nodes.push(node);
  const { body } = await under.call(`/gateways/${gateway}/tokens`, { method: 'POST', body: { validMinutes: 30 } });
  const { nodeCredential } = await node.join(tokenCreated.parse(body).token);
  node.connect(nodeCredential, { phase, hostName: `${nodeId}.internal` });
  await waitFor(() => node.welcome !== null, { what: 'the welcome' });
  return node;
}

test('a gateway is created, found, changed by whoever read it last, and deleted', async () => {
  const made = await create({ name: 'eu-west', displayName: 'EU West', publicUrl: 'https://api.eu.example.com' });
  expect(made.status).toBe(201);
  expect(made.headers.get('location')).toBe('/gateways/eu-west');
  expect(gatewayItem.parse(made.body)).toMatchObject({
    gatewayUrl: 'https://api.eu.example.com',
    status: { state: 'OFFLINE', label: 'Offline', reason: 'NEVER_CONNECTED' },
  });
  expect(await create({ name: 'eu-west' })).toMatchObject({ status: 409, body: { code: 'GATEWAY_NAME_USED' } });

  const patch = (body: object, ifMatch: string) =>
    under.call('/gateways/eu-west', { method: 'PATCH', body, headers: { 'if-match': ifMatch } });
  const etag = made.headers.get('etag') as string;
  expect((await patch({ expectedMinNodes: 2 }, etag)).body).toMatchObject({ expectedMinNodes: 2, displayName: 'EU West' });
  expect(await patch({ expectedMinNodes: 3 }, etag)).toMatchObject({ status: 412, body: { code: 'precondition_failed' } });
  expect((await read('eu-west')).expectedMinNodes).toBe(2);

  expect((await under.call('/gateways/eu-west', { method: 'DELETE' })).status).toBe(200);
  const uuid = gatewayItem.parse(made.body).id;
  expect(await under.call(`/gateways/${uuid}`, { method: 'DELETE' })).toMatchObject({ status: 410 });
  expect((await under.call('/gateways/eu-west')).status).toBe(404);
  expect(await read(uuid)).toMatchObject({ status: { state: 'DELETED' }, issues: [] });
  expect((await list('view=deleted')).gateways.map(({ handle }) => handle)).toEqual(['eu-west']);
  expect((await create({ name: 'eu-west' })).status).toBe(201);
});

test.each([
  ['expectedMinNodes', [0, 100], [-1, 101]],
  ['forceRestartMinutes', [0, 1440], [-1, 1441]],
])('%s is refused outside its limits and taken at them', async (field, good, bad) => {
  const patch = (value: number) => under.call('/gateways/default', { method: 'PATCH', body: { [field]: value } });
  for (const value of good) expect((await patch(value)).status).toBe(200);
  for (const value of bad) expect(await patch(value)).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  expect((await patch(field === 'expectedMinNodes' ? 1 : 0)).status).toBe(200);
});

test('a gateway with environments is deleted only by who says what becomes of them', async () => {
  const { body } = await create({ name: 'doomed' });
  await database.query(
    `INSERT INTO environment (id, account_id, name, gateway_id) SELECT gen_random_uuid(), account_id, 'Zoo 10', $1 FROM installation`,
    [body.id],
  );
  expect((await list('search=ZOO')).gateways.map(({ handle }) => handle)).toEqual(['doomed']);
  expect(await under.call('/gateways/doomed', { method: 'DELETE' })).toMatchObject({
    status: 409,
    body: { code: 'GATEWAY_HAS_ENVIRONMENTS', errors: [{ message: 'Zoo 10' }] },
  });
  expect((await under.call('/gateways/doomed?detachEnvironments=true', { method: 'DELETE' })).status).toBe(200);
  expect(await list('search=zoo')).toMatchObject({ gateways: [], unattached: [{ name: 'Zoo 10' }] });
  expect((await list('view=deleted')).unattached).toEqual([]);
});

test('the list is sorted by name as readers expect, or by what needs attention', async () => {
  await create({ name: 'g10', displayName: 'Gate 10' });
  await create({ name: 'g2', displayName: 'gate 2' });
  const names = async (query: string) =>
    (await list(query)).gateways.map(({ handle }) => handle).filter((name) => /^g\d/.test(name));
  expect(await names('')).toEqual(['g2', 'g10']);
  expect(await names('order=desc')).toEqual(['g10', 'g2']);
  await joined('g10', 'n1', Phase.READY);
  await waitFor(async () => (await read('g10')).status.state === 'ONLINE', { what: 'g10 online' });
  expect(await names('sort=status')).toEqual(['g2', 'g10']);
  expect((await list('status=ONLINE')).gateways.map(({ handle }) => handle)).toEqual(['g10']);
  expect((await read('g10')).hostName).toBe('n1.internal');
  expect(await under.call('/gateways?sort=issues')).toMatchObject({ status: 400 });
});

test('status follows what the node says, and its silence; a controller that was away blames nobody', async () => {
  await create({ name: 'told' });
  const node = await joined('told', 'n1', Phase.STARTING);
  const state = (wanted: string) => waitFor(async () => (await read('told')).status.state === wanted, { what: wanted });
  await state('STARTING');
  const tell = (phase: Phase) => node.send({ $case: 'lifecycle', value: { phase, reason: '', graceMs: 1000, cutRequests: 0 } });
  tell(Phase.READY);
  await state('ONLINE');
  // Silence, made by hand: the clock is the database's.
  const quiet = (seconds: number) =>
    database.query(`UPDATE node SET last_seen_at = now() - $1 * interval '1 second' WHERE host_name = 'n1.internal'`, [seconds]);
  const servingSince = (seconds: number) =>
    database.query(`UPDATE fleet_presence SET serving_since = now() - $1 * interval '1 second'`, [seconds]);
  await servingSince(3600);
  await quiet(70);
  expect(await read('told')).toMatchObject({
    status: { state: 'LOST_CONTACT', label: 'Offline', issues: { worst: 'ERROR' } },
    nodes: [{ state: 'LOST_CONTACT', label: 'Connection error' }],
  });
  await servingSince(30);
  expect((await read('told')).status.state).toBe('ONLINE');
  tell(Phase.DRAINING);
  await state('STOPPING');
  tell(Phase.STOPPED);
  await state('OFFLINE');
  expect((await read('told')).issues).toEqual([]);
});

test('nodes are listed, their credentials revoked, and a node that is gone is forgotten', async () => {
  await create({ name: 'kept' });
  const node = await joined('kept', 'n1', Phase.READY);
  expect(nodeList.parse((await under.call('/gateways/kept/nodes')).body).nodes).toMatchObject([{ id: 'n1', state: 'ONLINE' }]);
  expect(await under.call('/gateways/kept/nodes/n1', { method: 'DELETE' })).toMatchObject({
    status: 409,
    body: { code: 'LAST_NODE' },
  });
  expect((await under.call('/gateways/kept/nodes/nobody/revoke', { method: 'POST' })).status).toBe(404);
  expect((await under.call('/gateways/kept/nodes/n1/revoke', { method: 'POST', as: 'dev:dev' })).status).toBe(403);
  expect((await under.call('/gateways/kept/nodes/n1/revoke', { method: 'POST' })).body).toMatchObject({ revoked: 1 });
  await waitFor(() => node.ended !== null, { what: 'the end of the stream' });
  node.send({ $case: 'lifecycle', value: { phase: Phase.STOPPED, reason: '', graceMs: 0, cutRequests: 0 } });
  await database.query(`UPDATE node SET phase = 'stopped', stopped_at = now() WHERE host_name = 'n1.internal'`);
  expect((await under.call('/gateways/kept/nodes/n1', { method: 'DELETE' })).status).toBe(200);
  expect((await read('kept')).nodes).toEqual([]);
});

test('tokens are listed without themselves, and one that was taken back buys nothing', async () => {
  await create({ name: 'tokens' });
  const { body } = await under.call('/gateways/tokens/tokens', { method: 'POST' });
  const made = tokenCreated.parse(body);
  expect(made.commands.process).toContain(made.token);
  const shown = await under.call('/gateways/tokens/tokens');
  expect(tokenList.parse(shown.body).tokens).toMatchObject([{ id: made.id, usedAt: null, createdBy: 'admin' }]);
  expect(JSON.stringify(shown.body)).not.toContain(made.token);
  expect((await under.call(`/gateways/tokens/tokens/${made.id}`, { method: 'DELETE' })).status).toBe(200);
  const node = new SampleNode(`127.0.0.1:${under.controller.app.get(GrpcServer, { strict: false }).port}`, 'late');
  nodes.push(node);
  await expect(node.join(made.token)).rejects.toThrow('unknown, used or expired');
  for (const validMinutes of [29, 1441])
    expect((await under.call('/gateways/tokens/tokens', { method: 'POST', body: { validMinutes } })).status).toBe(400);
});
