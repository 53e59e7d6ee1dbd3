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
