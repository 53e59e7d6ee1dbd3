import { EntryKind, Phase } from '@tidegate/gateway-ir';
import { migrationItem, migrationList, tokenCreated } from '@tidegate/management-api';
import { waitFor } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { SampleNode } from '../discovery/sample-node.ts';
import { GrpcServer } from '../grpc/grpc-server.ts';
import { type ControllerUnderTest, controllerUnderTest, sampleApi } from '../testing/controller-under-test.ts';

let under: ControllerUnderTest;
let east: SampleNode;
let west: SampleNode;

beforeAll(async () => {
  under = await controllerUnderTest();
  for (const name of ['east', 'west', 'empty']) await post('/gateways', { name });
  east = await joined('east');
  west = await joined('west');
});

afterAll(async () => {
  east.close();
  west.close();
  await under.close();
});

const post = (path: string, body: object = {}) => under.call(path, { method: 'POST', body });
const put = (path: string, body: object = {}, headers: Record<string, string> = {}) =>
  under.call(path, { method: 'PUT', body, headers });

async function joined(gateway: string): Promise<SampleNode> {
  const node = new SampleNode(`127.0.0.1:${under.controller.app.get(GrpcServer, { strict: false }).port}`, `${gateway}-1`);
  const { body } = await post(`/gateways/${gateway}/tokens`);
  node.connect((await node.join(tokenCreated.parse(body).token)).nodeCredential, { phase: Phase.READY });
  await waitFor(() => node.welcome !== null, { what: 'the welcome' });
  return node;
}

const routes = (node: SampleNode) => [...node.table.values()].filter(({ kind }) => kind === EntryKind.ROUTES).length;
const keys = (node: SampleNode) => [...node.table.values()].filter(({ kind }) => kind === EntryKind.API_KEY).map(({ id }) => id);

async function draft(environment: string, destination: object): Promise<string> {
  const { body } = await post('/environment-migrations', { environmentId: environment });
  const { id } = migrationItem.parse(body);
  await put(`/environment-migrations/${id}/steps/1`, { destination });
  const { body: checks } = await under.call(`/environment-migrations/${id}/checks`);
  const acknowledgedWarnings = (checks.checks as { code: string; severity: string }[])
    .filter(({ severity }) => severity === 'WARNING')
    .map(({ code }) => code);
  expect((await put(`/environment-migrations/${id}/steps/2`, { acknowledgedWarnings })).status).toBe(200);
  expect((await put(`/environment-migrations/${id}/steps/3`, { acknowledgedWarnings })).status).toBe(200);
  return id;
}

const run = (id: string, settings: object = { overlapSeconds: 3600, drainSeconds: 0 }) =>
  post(`/environment-migrations/${id}/complete`, settings);
const until = (id: string, state: string) =>
  waitFor(async () => (await under.call(`/environment-migrations/${id}`)).body.state === state, {
    what: state,
    timeoutMs: 20_000,
  });

/** An environment with one API and one key, on the gateway of that name. */
async function environmentOn(gateway: string, name: string): Promise<string> {
  await post('/environments', { name, paths: { rest: name } });
  await post('/rest-apis', sampleApi(name));
  await post(`/rest-apis/${name}/deployments`, { environmentId: name });
  expect((await under.call(`/rest-apis/${name}/deployments/default`, { method: 'DELETE' })).status).toBe(200);
  expect((await post(`/rest-apis/${name}/api-keys`, { name: 'first' })).status).toBe(201);
  const id = await draft(name, { gatewayId: gateway });
  expect((await run(id)).status).toBe(202);
  await until(id, 'completed');
  return name;
}

test('an environment moves: both serve, then the source lets go, and its keys can come back', async () => {
  await environmentOn('east', 'moves');
  expect([routes(east), keys(east).length, routes(west)]).toEqual([1, 1, 0]);
  const [firstKey] = keys(east);

  const id = await draft('moves', { gatewayId: 'west' });
  await run(id);
  await until(id, 'overlap');
  expect([routes(east), keys(east), routes(west), keys(west)]).toEqual([1, [firstKey], 1, [firstKey]]);
  expect((await under.call('/environments/moves')).body.gateway.name).toBe('west');

  // Every change commits to both sides: one more key, and its revocation.
  await post('/rest-apis/moves/api-keys?wait=programmed', { name: 'second' });
  await waitFor(() => keys(east).length === 2 && keys(west).length === 2, { what: 'the key on both sides' });
  await under.call('/rest-apis/moves/api-keys/second', { method: 'DELETE' });
  await waitFor(() => keys(east).length === 1 && keys(west).length === 1, { what: 'the revocation on both sides' });
  expect((await under.call('/gateways/east', { method: 'DELETE' })).body.code).toBe('GATEWAY_IN_MIGRATION');

  expect((await post(`/environment-migrations/${id}/finish-overlap`)).status).toBe(202);
  await until(id, 'completed');
  await waitFor(() => routes(east) === 0 && keys(east).length === 0, { what: 'the source to let go' });
  expect([routes(west), keys(west).length]).toEqual([1, 1]);

  const back = await draft('moves', { gatewayId: 'east' });
  await run(back, { overlapSeconds: 0, drainSeconds: 0 });
  await until(back, 'completed');
  await waitFor(() => routes(west) === 0, { what: 'the other source to let go' });
  // A router that saw the first id removed refuses it for ever (rule 9): it must be another one.
  expect(keys(east)).toHaveLength(1);
  expect(keys(east)).not.toContain(firstKey);
});

test('a rollback leaves the source as it was, and a refusal by a node fails the migration with its reason', async () => {
  await environmentOn('east', 'stays');
  const before = routes(east);
  const id = await draft('stays', { gatewayId: 'west' });
  await run(id);
  await until(id, 'overlap');
  expect((await post(`/environment-migrations/${id}/rollback`)).body.state).toBe('rolled_back');
  await waitFor(() => routes(west) === 0, { what: 'the destination to let go' });
  expect(routes(east)).toBe(before);
  expect((await under.call('/environments/stays')).body).toMatchObject({ gateway: { name: 'east' }, migration: null });
  expect((await post(`/environment-migrations/${id}/rollback`)).status).toBe(409);

  const { body: deployments } = await under.call('/rest-apis/stays/deployments');
  west.rejecting = [{ kind: EntryKind.ROUTES, id: deployments.deployments[0].id, code: 'policy', message: 'no such policy' }];
  const refused = await draft('stays', { gatewayId: 'west' });
  await run(refused);
  await until(refused, 'failed');
  west.rejecting = [];
  expect((await under.call(`/environment-migrations/${refused}`)).body.failure).toBe('Node west-1: no such policy');
  await waitFor(() => routes(west) === 0, { what: 'the destination to let go' });
  expect(routes(east)).toBe(before);
});

test('off its gateway an environment answers nowhere, and is listed with those on none', async () => {
  await environmentOn('west', 'leaves');
  const id = await draft('leaves', { off: true });
  await run(id, { overlapSeconds: 0, drainSeconds: 0 });
  await until(id, 'completed');
  await waitFor(() => routes(west) === 0 && keys(west).length === 0, { what: 'the gateway to let go' });
  expect((await under.call('/environments?gateway=none')).body.environments).toMatchObject([{ name: 'leaves' }]);
});

test('steps come in order, are taken by several people, and a draft changes nothing', async () => {
  await post('/environments', { name: 'drafted' });
  const made = await post('/environment-migrations', { environmentId: 'drafted' });
  const id = migrationItem.parse(made.body).id;
  const at = `/environment-migrations/${id}`;
  expect(await post('/environment-migrations', { environmentId: 'drafted' })).toMatchObject({
    status: 409,
    body: { code: 'MIGRATION_EXISTS' },
  });
  expect((await put(`${at}/steps/2`)).body.code).toBe('STEP_ORDER');
  expect((await put(`${at}/steps/1`, { destination: { off: true } })).body.code).toBe('NOT_ON_A_GATEWAY');
  const stale = made.headers.get('etag') as string;
  expect((await put(`${at}/steps/1`, { destination: { gatewayId: 'empty' } }, { 'if-match': stale })).status).toBe(200);
  expect((await put(`${at}/steps/1`, { destination: { gatewayId: 'west' } }, { 'if-match': stale })).status).toBe(412);
  await put(`${at}/steps/2`);
  await put(`${at}/steps/3`, { acknowledgedWarnings: ['NO_APIS'] });
  expect((await run(id)).body).toMatchObject({ code: 'BLOCKING_ERRORS', errors: [{ code: 'DESTINATION_NOT_SERVING' }] });
  expect((await under.call('/gateways/empty', { method: 'DELETE' })).status).toBe(200);
  const { body } = await under.call('/environment-migrations');
  expect(migrationList.parse(body).migrations.find((one) => one.id === id)?.errors).toMatchObject([
    { code: 'DESTINATION_DELETED' },
    { code: 'NO_APIS' },
  ]);
  expect((await put(`${at}/steps/1`, { destination: { gatewayId: 'west' } })).body).toMatchObject({ stepsDone: 1 });
  expect((await under.call(at, { method: 'DELETE' })).status).toBe(200);
  expect((await under.call(at)).status).toBe(404);
});

test('a rehearsal asks every route on the destination, changes nothing, and can be taken again', async () => {
  const name = await environmentOn('east', 'rehearsed');
  const before = { east: routes(east), west: routes(west) };
  const id = await draft(name, { gatewayId: 'west' });
  const at = `/environment-migrations/${id}`;
  west.problems = [{ api: name, route: 'GET /x', code: 'UPSTREAM_UNREACHABLE' }];
  expect(await post(`${at}/rehearse`)).toMatchObject({ status: 202, body: { state: 'preparing', rehearsing: true } });
  await until(id, 'draft');
  const { body } = await under.call(at);
  expect(migrationItem.parse(body)).toMatchObject({
    rehearsing: false,
    stepsDone: 3,
    rehearsal: { routes: 1, asked: 1, problems: [{ node: 'west-1', api: name, code: 'UPSTREAM_UNREACHABLE' }] },
  });
  await waitFor(() => routes(west) === before.west, { what: 'the destination to let go' });
  expect(routes(east)).toBe(before.east);

  // What it found has to be taken note of, or be gone.
  expect(await run(id)).toMatchObject({ status: 409, body: { errors: [{ code: 'UPSTREAM_UNREACHABLE' }] } });
  const acknowledgedWarnings = ['UPSTREAM_UNREACHABLE'];
  expect((await put(`${at}/steps/3`, { acknowledgedWarnings })).status).toBe(200);
  expect((await run(id)).status).toBe(202);
  await until(id, 'overlap');
  expect((await post(`${at}/rollback`)).status).toBe(202);
  west.problems = [];
});

test('a route that is not there on the destination ends the migration before anything depends on it', async () => {
  const name = await environmentOn('east', 'unrouted');
  const id = await draft(name, { gatewayId: 'west' });
  west.problems = [{ api: name, route: 'GET /x', code: 'NOT_ROUTED' }];
  await run(id);
  await until(id, 'failed');
  expect((await under.call(`/environment-migrations/${id}`)).body.failure).toContain('is not routed');
  expect((await under.call(`/environments/${name}`)).body.gateway.name).toBe('east');
  west.problems = [];
  expect(await post(`/environment-migrations/${id}/rehearse`)).toMatchObject({ status: 409 });
});

test.each([
  ['overlapSeconds', [0, 604_800], [-1, 604_801]],
  ['drainSeconds', [0, 3600], [-1, 3601]],
])('%s is taken at its limits and refused beyond', async (field, good, bad) => {
  const name = field.toLowerCase();
  await post('/environments', { name });
  const { body } = await post('/environment-migrations', { environmentId: name });
  const at = `/environment-migrations/${body.id}/complete`;
  for (const value of bad)
    expect(await post(at, { [field]: value })).toMatchObject({ status: 400, body: { errors: [{ field }] } });
  // Its steps are not done: that is all that is in the way.
  for (const value of good)
    expect(await post(at, { [field]: value })).toMatchObject({ status: 409, body: { code: 'STEP_ORDER' } });
});

test('who saves on a stale page is told, and what both wrote can be seen', async () => {
  await post('/environments', { name: 'shared' });
  const made = await post('/environment-migrations', { environmentId: 'shared' });
  const at = `/environment-migrations/${made.body.id}`;
  const seen = { 'if-match': made.headers.get('etag') ?? '' };
  const first = await put(`${at}/steps/1`, { destination: { gatewayId: 'west' } }, seen);
  expect(first.status).toBe(200);
  expect(await put(`${at}/steps/1`, { destination: { gatewayId: 'east' } }, seen)).toMatchObject({ status: 412 });
  expect((await under.call(at)).body).toMatchObject({ movingTo: { name: 'west' }, stepsDone: 1 });
  const now = { 'if-match': first.headers.get('etag') ?? '' };
  expect((await put(`${at}/steps/2`, {}, now)).status).toBe(200);
  expect(await put(`${at}/steps/3`, {}, now)).toMatchObject({ status: 412 });
});

test('a destination that is deleted meanwhile is said, and another one can be chosen', async () => {
  await post('/gateways', { name: 'doomed' });
  await post('/environments', { name: 'stranded' });
  const { body } = await post('/environment-migrations', { environmentId: 'stranded' });
  const at = `/environment-migrations/${body.id}`;
  await put(`${at}/steps/1`, { destination: { gatewayId: 'doomed' } });
  expect((await under.call('/gateways/doomed', { method: 'DELETE' })).status).toBe(200);
  const checks = await under.call(`${at}/checks`);
  expect(checks.body.checks).toContainEqual(expect.objectContaining({ code: 'DESTINATION_DELETED', severity: 'ERROR' }));
  const row = migrationList.parse((await under.call('/environment-migrations')).body).migrations.find(({ id }) => id === body.id);
  expect(row?.errors.map(({ code }) => code)).toContain('DESTINATION_DELETED');
  expect(await put(`${at}/steps/1`, { destination: { gatewayId: 'doomed' } })).toMatchObject({ status: 404 });
  expect((await put(`${at}/steps/1`, { destination: { gatewayId: 'west' } })).status).toBe(200);
});

test('of two environments that want one path on a gateway, the second is refused by name and can take another', async () => {
  for (const name of ['twin-a', 'twin-b']) {
    await post('/environments', { name, paths: { rest: 'twin' } });
    await post('/rest-apis', sampleApi(name, { context: '/same' }));
    await post(`/rest-apis/${name}/deployments`, { environmentId: name });
    await under.call(`/rest-apis/${name}/deployments/default`, { method: 'DELETE' });
  }
  const [a, b] = [await draft('twin-a', { gatewayId: 'west' }), await draft('twin-b', { gatewayId: 'west' })];
  expect((await run(a)).status).toBe(202);
  await until(a, 'completed');
  const refused = await run(b);
  expect(refused).toMatchObject({ status: 409, body: { code: 'route_conflict' } });
  expect(refused.body.message).toContain('twin-a');
  const at = `/environment-migrations/${b}`;
  expect((await under.call(at)).body.state).toBe('draft');
  await put(`${at}/steps/1`, { destination: { gatewayId: 'west' }, paths: { rest: 'other' } });
  const { body } = await under.call(`${at}/checks`);
  const acknowledgedWarnings = (body.checks as { code: string }[]).map(({ code }) => code);
  for (const step of [2, 3]) await put(`${at}/steps/${step}`, { acknowledgedWarnings });
  expect((await run(b)).status).toBe(202);
  await until(b, 'completed');
});

test('subscriptions go where their API goes: on both sides meanwhile, their pause too, and on one afterwards', async () => {
  await environmentOn('east', 'subscribed');
  const { body: plan } = await post('/subscription-plans', { planName: 'Moving' });
  const asked = { apiId: 'subscribed', subscriptionToken: 'token', subscriptionPlanId: plan.id };
  const { id: subscription } = (await post('/subscriptions?wait=programmed', asked)).body;
  const held = () => [east, west].map((node) => node.table.has(`${EntryKind.SUBSCRIPTION}/${subscription}`));
  const both = async (expected: boolean[], what: string) => waitFor(() => String(held()) === String(expected), { what });
  expect(held()).toEqual([true, false]);

  const id = await draft('subscribed', { gatewayId: 'west' });
  await run(id);
  await until(id, 'overlap');
  await both([true, true], 'the subscription on both sides');
  await put(`/subscriptions/${subscription}`, { status: 'INACTIVE' });
  await both([false, false], 'its pause on both sides');
  await put(`/subscriptions/${subscription}`, { status: 'ACTIVE' });
  await both([true, true], 'its return');
  await put(`/subscription-plans/${plan.id}`, { status: 'INACTIVE' });
  await both([false, false], 'the end of its plan');
  await put(`/subscription-plans/${plan.id}`, { status: 'ACTIVE' });
  await both([true, true], 'the return of its plan');
  expect((await post(`/environment-migrations/${id}/finish-overlap`)).status).toBe(202);
  await until(id, 'completed');
  await both([false, true], 'the source to let go');
});
