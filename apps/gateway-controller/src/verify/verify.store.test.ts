import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { SampleNode } from '../discovery/sample-node.ts';
import { GrpcServer } from '../grpc/grpc-server.ts';
import { type ControllerUnderTest, controllerUnderTest, sampleApi } from '../testing/controller-under-test.ts';
import { until } from '../testing/fleet.ts';

/** One controller and one router that agree; each test breaks one link of the chain, hears it named, and mends it. */

let under: ControllerUnderTest;
let database: Client;
let node: SampleNode;
let keyId: string;
let subscriptionId: string;

beforeAll(async () => {
  under = await controllerUnderTest();
  database = new Client(under.databaseUrl);
  await database.connect();
  const policies = [{ name: 'api-key-auth', version: 'v1', params: { key: 'X-API-Key', in: 'header' } }];
  await under.call('/rest-apis', { method: 'POST', body: sampleApi('Pets', { policies }) });
  await under.call('/rest-apis', { method: 'POST', body: sampleApi('Stores') });
  await under.call('/rest-apis/Pets/api-keys', { method: 'POST', body: { name: 'one' } });
  keyId = (await database.query<{ id: string }>(`SELECT id FROM api_key`)).rows[0]?.id ?? '';
  const asked = { apiId: 'Pets', subscriptionToken: 'token' };
  subscriptionId = (await under.call('/subscriptions', { method: 'POST', body: asked })).body.id;
  await under.call('/subscriptions', { method: 'POST', body: { ...asked, subscriptionToken: 'other', status: 'INACTIVE' } });
  const { body } = await under.call('/gateways');
  const issued = await under.call(`/gateways/${body.gateways[0].id}/tokens`, { method: 'POST', body: {} });
  node = new SampleNode(`127.0.0.1:${under.controller.app.get(GrpcServer).port}`);
  node.connect((await node.join(issued.body.token)).nodeCredential);
  await until('the chain to agree', async () => (await verify()).consistent);
});

afterAll(async () => {
  node.close();
  await database.end();
  await under.close();
});

const verify = async () => (await under.call('/verify', { as: 'view:view' })).body;

async function named(difference: object): Promise<void> {
  await until(`${JSON.stringify(difference)} to be named`, async () =>
    (await verify()).differences.some((found: object) =>
      Object.entries(difference).every(([key, value]) => found[key as keyof typeof found] === value),
    ),
  );
}

async function mended(): Promise<void> {
  await until('the chain to agree again', async () => {
    const { consistent, differences } = await verify();
    if (!consistent) throw new Error(JSON.stringify(differences));
    return true;
  });
}

it('agrees: one hash from documents to router', async () => {
  const { gateways, differences, apim } = await verify();
  const [{ documents, controller, routers }] = gateways;
  expect(differences).toEqual([]);
  expect(documents).toEqual(controller);
  expect(documents.entries).toBe(4);
  expect(routers).toMatchObject([{ id: 'node-1', live: true, hash: documents.hash, verdict: 'same' }]);
  expect(Buffer.from(node.hash).toString('hex')).toBe(documents.hash);
  expect(apim.state).toBe('not_configured');
});

it('names a document that was changed behind the change log', async () => {
  const change = (from: string, to: string) =>
    database.query(`UPDATE api SET document = replace(document::text, $1, $2)::json WHERE handle = 'Stores'`, [from, to]);
  await change('/pet/{petId}', '/store/{id}');
  const { rows } = await database.query<{ id: string }>(
    `SELECT deployment.id FROM deployment JOIN api ON api.id = api_id WHERE handle = 'Stores'`,
  );
  await named({ stage: 'controller', code: 'other_content', subject: `deployment ${rows[0]?.id}` });
  await change('/store/{id}', '/pet/{petId}');
  await mended();
});

it('names what the change log forgot: keys, subscriptions and deployments', async () => {
  const removed = (flag: boolean) => database.query(`UPDATE gateway_change SET removed = $1`, [flag]);
  await removed(true);
  await named({ stage: 'documents', code: 'not_announced', subject: `key ${keyId}` });
  await named({ stage: 'documents', code: 'not_announced', subject: `subscription ${subscriptionId}` });
  const { differences } = await verify();
  const forgotten = differences.filter(({ code }: { code: string }) => code === 'not_announced');
  expect(forgotten).toHaveLength(4);
  // The controller still serves what nothing asks for any more
  expect(differences.filter(({ code }: { code: string }) => code === 'unwanted')).toHaveLength(4);
  await removed(false);
  await mended();
});

it('names a stored document that no longer compiles', async () => {
  const context = (text: string) =>
    database.query(
      `UPDATE api SET document = jsonb_set(document::jsonb, '{spec,context}', to_jsonb($1::text))::json WHERE handle = 'Stores'`,
      [text],
    );
  await context('no slash');
  await named({ stage: 'documents', code: 'does_not_compile' });
  await context('/stores');
  // jsonb has another order of keys than the document had; what it compiles to is the same
  await mended();
});

it('names a router that serves other bytes, an older version, or rejects something', async () => {
  const acked = (set: string) => database.query(`UPDATE node SET ${set} WHERE node_id = 'node-1'`);
  const { rows } = await database.query(`SELECT acked_hash AS hash, acked_version::int AS version FROM node`);
  await acked(`acked_hash = '\\x00'`);
  await named({ stage: 'router', code: 'other_content', subject: 'router node-1' });
  await acked(`acked_version = acked_version - 1`);
  await named({ stage: 'router', code: 'behind', subject: 'router node-1' });
  await database.query(`UPDATE node SET acked_hash = $1, acked_version = $2, rejected = $3`, [
    rows[0].hash,
    rows[0].version,
    JSON.stringify([{ id: 'x/y', message: 'no such policy' }]),
  ]);
  await named({ stage: 'router', code: 'rejected', message: 'could not build x/y: no such policy' });
  await acked(`rejected = '[]'`);
  await mended();
});

it('says when nobody serves', async () => {
  await database.query(`UPDATE node SET lease_until = now() - interval '1 hour'`);
  node.close();
  await named({ stage: 'router', code: 'no_router' });
});
