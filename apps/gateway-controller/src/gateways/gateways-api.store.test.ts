import { randomUUID } from 'node:crypto';

import { EntryKind } from '@tidegate/gateway-ir';
import { deletionsConfirmed, type GatewayItem, gatewayList } from '@tidegate/management-api';
import { waitFor } from '@tidegate/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { SampleNode } from '../discovery/sample-node.ts';
import { GrpcServer } from '../grpc/grpc-server.ts';
import { type ControllerUnderTest, controllerUnderTest, sampleApi } from '../testing/controller-under-test.ts';

let under: ControllerUnderTest;
let database: Client;
let node: SampleNode;

beforeAll(async () => {
  under = await controllerUnderTest();
  database = new Client({ connectionString: under.databaseUrl });
  await database.connect();
  node = new SampleNode(`127.0.0.1:${under.controller.app.get(GrpcServer, { strict: false }).port}`);
});

afterAll(async () => {
  node.close();
  await database.end();
  await under.close();
});

async function gateway(): Promise<GatewayItem> {
  const { status, body } = await under.call('/gateways');
  expect(status).toBe(200);
  return gatewayList.parse(body).gateways[0] as GatewayItem;
}

async function until(what: string, condition: (shown: GatewayItem) => boolean): Promise<GatewayItem> {
  const shown = async () => {
    const now = await gateway();
    return condition(now) ? now : null;
  };
  return waitFor(shown, { what });
}

test('a gateway shows what its nodes said last', async () => {
  expect(await gateway()).toMatchObject({ handle: 'default', epoch: 1, version: 1, nodes: [], issues: [], deletionsHeldBy: [] });
  const made = await under.call('/rest-apis', { method: 'POST', body: sampleApi('Shown') });
  expect(made.status).toBe(201);
  const { body: token } = await under.call('/gateways/default/join-tokens', { method: 'POST' });
  const { nodeCredential } = await node.join(token.token as string);
  node.connect(nodeCredential);
  const shown = await until('the ack', ({ nodes }) => nodes[0]?.ackedVersion === 2);
  expect(shown).toMatchObject({
    version: 2,
    nodes: [{ id: 'node-1', phase: 'ready', live: true, ackedEpoch: 1, rejected: [], nack: null }],
  });

  const rejected = [{ kind: EntryKind.ROUTES, id: `${made.body.uuid}/x`, code: 'unknown_policy', message: 'no such policy' }];
  const tableHash = Buffer.from(node.hash);
  node.holding = true;
  await under.call('/rest-apis/Shown', { method: 'PUT', body: sampleApi('Shown') });
  await waitFor(() => node.unanswered === 1, { what: 'the push' });
  node.send({ $case: 'applied', value: { epoch: 1, version: 3, tableHash, rejected, applyUs: 1 } });
  expect((await until('the rejection', ({ nodes }) => nodes[0]?.rejected.length === 1)).nodes[0]).toMatchObject({ rejected });
  node.holding = false;
});

test('what this release cannot compile is an issue of the gateway', async () => {
  const id = randomUUID();
  await database.query(
    `INSERT INTO api (id, account_id, handle, display_name, version, document, desired_state, origin, created_by, created_at, updated_at)
     SELECT $1, account_id, 'Old', 'Old', 'v1', '{"kind":"RestApi"}', 'deployed', 'gateway_api', 'test', now(), now() FROM installation`,
    [id],
  );
  await database.query(
    `INSERT INTO deployment (id, api_id, environment_id) SELECT $1::uuid || '/' || id, $1::uuid, id FROM environment`,
    [id],
  );
  await database.query(
    `WITH bumped AS (UPDATE gateway SET version = version + 1 RETURNING id, version)
     INSERT INTO gateway_change (gateway_id, kind, entry_id, version) SELECT bumped.id, 1, deployment.id, version FROM bumped, deployment WHERE api_id = $1`,
    [id],
  );
  const { issues } = await until('the issue', (shown) => shown.issues.some(({ code }) => code === 'API_NOT_COMPILED'));
  const found = issues.filter(({ code }) => code === 'API_NOT_COMPILED');
  expect(found).toMatchObject([{ apiHandle: 'Old', diagnostics: expect.arrayContaining([expect.anything()]) as unknown[] }]);
});

test('deletions that a node holds back are shown until an admin confirms them', async () => {
  node.close();
  node = new SampleNode(`127.0.0.1:${under.controller.app.get(GrpcServer, { strict: false }).port}`, 'node-2');
  const { body: token } = await under.call('/gateways/default/join-tokens', { method: 'POST' });
  const { nodeCredential } = await node.join(token.token as string);
  node.connect(nodeCredential);
  await waitFor(() => node.table.size === 1, { what: 'the table' });

  await database.query(
    `WITH gone AS (DELETE FROM api), forgotten AS (DELETE FROM gateway_change) UPDATE gateway SET version = 1`,
  );
  const shown = await until('the hold', ({ deletionsHeldBy }) => deletionsHeldBy.includes('node-2'));
  expect(shown.nodes.find(({ id }) => id === 'node-2')).toMatchObject({
    ackedEpoch: 1,
    nack: { epoch: 2, code: 'deletions_need_confirmation' },
  });

  const confirm = (as: string) => under.call('/gateways/default/confirm-deletions?wait=programmed', { method: 'POST', as });
  expect((await confirm('dev:dev')).status).toBe(403);
  expect(node.table.size).toBe(1);
  const confirmed = await confirm('admin:admin');
  expect(confirmed.status).toBe(200);
  expect(deletionsConfirmed.parse(confirmed.body)).toMatchObject({
    epoch: 2,
    propagation: { nodes: [{ id: 'node-1' }, { id: 'node-2' }] },
  });
  expect(node).toMatchObject({ epoch: 2, version: confirmed.body.version });
  expect((await gateway()).deletionsHeldBy).toEqual([]);
  expect((await under.call('/gateways/none/confirm-deletions', { method: 'POST' })).status).toBe(404);
});
