import { createHmac } from 'node:crypto';

import { Phase } from '@tidegate/gateway-ir';
import { type EchoUpstream, echoUpstream, waitFor } from '@tidegate/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { SampleNode } from '../discovery/sample-node.ts';
import { GrpcServer } from '../grpc/grpc-server.ts';
import { heartbeatOf } from '../testing/fleet.ts';
import { type FakeSmtp, fakeSmtp } from '../testing/fake-smtp.ts';
import { type ControllerUnderTest, controllerUnderTest } from '../testing/controller-under-test.ts';

let under: ControllerUnderTest;
let database: Client;
let hook: EchoUpstream;
let smtp: FakeSmtp;
let node: SampleNode;

beforeAll(async () => {
  [hook, smtp] = await Promise.all([echoUpstream(), fakeSmtp()]);
  under = await controllerUnderTest({
    settings: {
      notifications: { smtp: { host: '127.0.0.1', port: smtp.port, require_tls: false } },
      sync: { token: 'a token from which the signing key is derived' },
    },
  });
  database = new Client({ connectionString: under.databaseUrl });
  await database.connect();
  node = new SampleNode(`127.0.0.1:${under.controller.app.get(GrpcServer, { strict: false }).port}`, 'a');
  const { body } = await call('POST', '/gateways/default/tokens', { validMinutes: 30 });
  const { nodeCredential } = await node.join(body.token);
  node.connect(nodeCredential, { phase: Phase.READY });
  await waitFor(async () => (await told()) === 'ONLINE', { what: 'the first look' });
});

afterAll(async () => {
  node.close();
  await database.end();
  await under.close();
  await hook.close();
  await smtp.close();
});

const call = (method: string, path: string, body?: unknown) => under.call(path, { method, body });

async function told(): Promise<string | undefined> {
  const { rows } = await database.query<{ state: string }>(
    `SELECT state FROM gateway_told JOIN gateway ON gateway.id = gateway_id WHERE handle = 'default'`,
  );
  return rows[0]?.state;
}

const subscribe = (more: object) =>
  call('POST', '/notification-subscriptions', { channel: 'webhook', allowPrivate: true, ...more });
const said = (phase: Phase) => node.send({ $case: 'lifecycle', value: { phase, reason: '', graceMs: 0, cutRequests: 0 } });

test('a change of status is told to webhooks, letters, feeds and lists, once, to whom it concerns', async () => {
  const made = await subscribe({ gatewayId: 'default', target: `${hook.url}/all`, level: 'INFO' });
  expect(made).toMatchObject({ status: 201, body: { gateway: { name: 'default' }, secret: expect.stringMatching(/^whsec_/) } });
  await subscribe({ target: `${hook.url}/errors`, level: 'ERROR' });
  expect(await subscribe({ channel: 'email', target: 'ops@example.com', level: 'WARNING' })).toMatchObject({
    status: 201,
    body: { secret: null },
  });
  const { body: feed } = await call('POST', '/gateways/default/feed-token', {});
  smtp.refuse(1);

  said(Phase.STOPPED);
  const called = await waitFor(() => hook.requests.find(({ url }) => url === '/all'), { what: 'the webhook' });
  const payload = JSON.parse(called.body);
  expect(payload).toMatchObject({
    type: 'gateway.status',
    data: { gateway: { handle: 'default' }, from: 'ONLINE', to: 'OFFLINE', level: 'WARNING' },
  });
  const [, time, signature] = /^t=(\d+),v1=([0-9a-f]+)$/.exec(String(called.headers['tidegate-signature'])) ?? [];
  expect(createHmac('sha256', made.body.secret).update(`${time}.${called.body}`).digest('hex')).toBe(signature);

  // The mail server says "later" once.
  const letter = await waitFor(() => smtp.letters[0], { what: 'the letter', timeoutMs: 60_000 });
  expect(letter).toMatch(/^Subject: \[WARNING\] .*Offline$/m);
  expect(letter).toMatch(/^To: ops@example.com$/m);
  expect(hook.requests.filter(({ url }) => url === '/errors')).toEqual([]);

  const { body: list } = await call('GET', '/gateways/default/events?type=status');
  expect(list.events[0]).toMatchObject({ level: 'WARNING', type: 'status', detail: { from: 'ONLINE', to: 'OFFLINE' } });
  const atom = await under.call(feed.alerts, { as: null });
  expect(atom.headers.get('content-type')).toContain('application/atom+xml');
  expect(atom.body).toContain('<category term="WARNING"/><category term="status"/>');
  expect((await under.call(`${feed.alerts}x`, { as: null })).status).toBe(401);
  expect((await under.call('/gateways/nothing/events.atom?token=x', { as: null })).status).toBe(401);
  await call('POST', '/gateways/default/feed-token', {});
  expect((await under.call(feed.alerts, { as: null })).status).toBe(401);
});

test('a status that stays is told no second time, and an issue when it begins and when it ends', async () => {
  const count = () => hook.requests.filter(({ url }) => url === '/all').length;
  said(Phase.READY);
  await waitFor(async () => (await told()) === 'ONLINE', { what: 'the node to be back' });
  await waitFor(() => count() === 2, { what: 'its news' });
  node.send({
    $case: 'heartbeat',
    value: { ...heartbeatOf(node), issues: [{ code: 'CERT_EXPIRED', isError: true, detail: 'yesterday' }] },
  });
  const opened = await waitFor(
    () => hook.requests.map(({ body }) => JSON.parse(body)).find(({ data }) => data.change === 'opened'),
    {
      what: 'the issue',
    },
  );
  expect(opened).toMatchObject({ type: 'gateway.issue', data: { code: 'CERT_EXPIRED', level: 'ERROR' } });
  await waitFor(() => hook.requests.some(({ url }) => url === '/errors'), { what: 'whoever hears errors only' });
  expect((await call('GET', '/gateways/default')).body.status.state).toBe('CLUSTER_ISSUES');
  node.send({ $case: 'heartbeat', value: heartbeatOf(node) });
  await waitFor(() => hook.requests.some(({ body }) => JSON.parse(body).data.change === 'resolved'), {
    what: 'its end',
  });
});

test('events of gateways, environments and migrations reach browsers', async () => {
  await call('POST', '/environments', { name: 'seen' });
  await call('POST', '/environment-migrations', { environmentId: 'seen' });
  const types = async () =>
    new Set((await database.query<{ type: string }>(`SELECT type FROM event`)).rows.map(({ type }) => type));
  for (const type of ['gateway.status', 'gateway.issue', 'environment.changed', 'migration.changed'])
    await waitFor(async () => (await types()).has(type), { what: type });
});

test('one target hears nothing twice, and wrong targets are refused', async () => {
  expect(await subscribe({ gatewayId: 'default', target: `${hook.url}/all`, eventType: 'status' })).toMatchObject({
    status: 409,
    body: { code: 'SUBSCRIPTION_EXISTS' },
  });
  const single = await subscribe({ target: `${hook.url}/single`, eventType: 'status' });
  expect(await subscribe({ target: `${hook.url}/single`, eventType: 'all' })).toMatchObject({ status: 409 });
  expect((await subscribe({ target: `${hook.url}/single`, eventType: 'issue' })).status).toBe(201);
  for (const bad of [
    { target: 'ftp://x' },
    { target: 'http://x.example', allowPrivate: false },
    { channel: 'email', target: 'nobody' },
    { level: 'DEBUG' },
  ])
    expect(await subscribe(bad)).toMatchObject({ status: 400 });
  expect(await subscribe({ gatewayId: 'nothing', target: `${hook.url}/x` })).toMatchObject({ status: 404 });
  expect(await call('DELETE', `/notification-subscriptions/${single.body.id}`)).toMatchObject({ status: 200 });
  expect(await call('GET', `/notification-subscriptions/${single.body.id}`)).toMatchObject({ status: 404 });
});

test('nodes that will not come back are forgotten, and the last of a gateway never is', async () => {
  const ids = async () =>
    (
      await database.query<{ node_id: string }>(
        `SELECT node_id FROM node JOIN gateway ON gateway.id = gateway_id WHERE handle = 'default' ORDER BY 1`,
      )
    ).rows.map(({ node_id }) => node_id);
  await database.query(`
    INSERT INTO node (gateway_id, node_id, phase, stopped_at, last_seen_at, boot_seen_at)
    SELECT id, name, phase, now() - age::interval, now() - age::interval, now() - age::interval FROM gateway, (VALUES
      ('stopped-long', 'stopped', '11 minutes'), ('stopped-now', 'stopped', '1 minute'), ('dead-long', 'ready', '25 hours'), ('dead', 'ready', '23 hours')
    ) AS made(name, phase, age) WHERE handle = 'default'`);
  await database.query(`UPDATE fleet_presence SET serving_since = now() - interval '3 days'`);
  await waitFor(async () => (await ids()).length === 3, { what: 'the others to go' });
  expect(await ids()).toEqual(['a', 'dead', 'stopped-now']);
});
