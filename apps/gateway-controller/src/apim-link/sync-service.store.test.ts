import { randomUUID } from 'node:crypto';

import { credentials, Metadata, Server, ServerCredentials, type ServiceError, status } from '@grpc/grpc-js';
import { createLogger, Secret } from '@tidegate/process';
import { controlplaneSettings, type LinkStateRequest, Mode, SyncClient, SyncService } from '@tidegate/sync-link';
import { freshDatabase, type FreshDatabase } from '@tidegate/testkit';
import { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { afterAll, beforeAll, expect, test } from 'vitest';

import { firstBoot } from '../gateways/first-boot.ts';
import { desire } from './desire.ts';
import { syncService } from './sync-service.ts';
import { migrate } from '../testing/migrate.ts';

let database: FreshDatabase;
let pool: Pool;
let dataSource: DataSource;
let accountId: string;
const servers: Server[] = [];
const clients: SyncClient[] = [];

beforeAll(async () => {
  database = await freshDatabase(migrate);
  pool = new Pool({ connectionString: database.url });
  dataSource = await new DataSource({ type: 'postgres', url: database.url, installExtensions: false }).initialize();
  ({ accountId } = await firstBoot(pool, 'default'));
});

afterAll(async () => {
  for (const client of clients) client.close();
  for (const server of servers) server.forceShutdown();
  await dataSource.destroy();
  await pool.end();
  await database.drop();
});

async function serve(token: string): Promise<SyncClient> {
  const server = new Server();
  const logger = createLogger({ name: 't', level: 'error', format: 'json', destination: { write: () => undefined } });
  server.addService(
    SyncService,
    syncService({ pool, token: new Secret(token), controlplane: controlplaneSettings.parse({}), wanting: () => [], logger }),
  );
  servers.push(server);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  const client = new SyncClient(`127.0.0.1:${port}`, credentials.createInsecure());
  clients.push(client);
  return client;
}

function bearer(token: string): Metadata {
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${token}`);
  return metadata;
}

/** The answer, or the name of the status it was refused with. */
function call<A>(run: (callback: (error: ServiceError | null, answer: A) => void) => unknown): Promise<A | string> {
  return new Promise((resolve) => run((error, answer) => resolve(error === null ? answer : (status[error.code] ?? ''))));
}

const claiming = { workerId: 'w1', apiId: '', leaseMs: 60_000 };

test('only who carries the token is served, and nobody while there is none', async () => {
  const client = await serve('s3cret');
  for (const metadata of [new Metadata(), bearer('s3cre'), bearer('s3cret '), bearer('')]) {
    expect(await call((done) => client.claim(claiming, metadata, done))).toBe('UNAUTHENTICATED');
  }
  expect(await call((done) => client.claim(claiming, bearer('s3cret'), done))).toMatchObject({
    result: { $case: 'nothingToDo' },
  });
  const open = await serve('');
  for (const metadata of [new Metadata(), bearer('')])
    expect(await call((done) => open.claim(claiming, metadata, done))).toBe('UNAUTHENTICATED');
});

test('claim, renew and report over the wire', async () => {
  const client = await serve('t');
  const metadata = bearer('t');
  const apiId = randomUUID();
  const api = {
    apiId,
    accountId,
    handle: 'h',
    displayName: 'N',
    apiVersion: 'v1',
    desiredState: 'undeployed',
    generation: 3,
  } as const;
  await dataSource.transaction((tx) => desire(tx, api));

  const claimed = await call((done) => client.claim({ ...claiming, apiId }, metadata, done));
  expect(claimed).toMatchObject({
    result: { $case: 'work', value: { apiId, generation: 3, leaseMs: 60_000, attemptsMax: 3, fencingToken: 1 } },
  });
  expect(await call((done) => client.claim({ ...claiming, apiId, workerId: 'w2' }, metadata, done))).toMatchObject({
    result: { $case: 'held' },
  });
  expect(await call((done) => client.renew({ apiId, fencingToken: 1, leaseMs: 5000 }, metadata, done))).toEqual({
    leaseMs: 5000,
  });
  expect(await call((done) => client.renew({ apiId, fencingToken: 2, leaseMs: 5000 }, metadata, done))).toBe(
    'FAILED_PRECONDITION',
  );

  const report = { apiId, fencingToken: 1, generation: 3, link: undefined, losses: [], exchanges: [], tried: false };
  expect(await call((done) => client.report({ ...report, outcome: undefined }, metadata, done))).toBe('INVALID_ARGUMENT');
  const synced = { ...report, outcome: { $case: 'synced' as const, value: {} } };
  expect(await call((done) => client.report(synced, metadata, done))).toEqual({ accepted: true, more: false });
});

test.each([[{ ...claiming, apiId: 'petstore' }], [{ ...claiming, workerId: '' }], [{ ...claiming, leaseMs: 10 }]])(
  '%j is refused',
  async (request) => {
    const client = await serve('t');
    expect(await call((done) => client.claim(request, bearer('t'), done))).toBe('INVALID_ARGUMENT');
  },
);

test('one worker is the connector; another becomes it when that one says goodbye', async () => {
  const client = await serve('t');
  const state: LinkStateRequest = {
    workerId: 'w1',
    configured: true,
    mode: Mode.ONPREM,
    connected: true,
    reason: '',
    message: '',
    host: 'apim:9443',
    blocked: false,
  };
  const tell = (changes: Partial<LinkStateRequest>) =>
    call((done) => client.linkState({ ...state, ...changes }, bearer('t'), done));
  expect(await tell({})).toEqual({ connector: true });
  expect(await tell({ workerId: 'w2', connected: false })).toEqual({ connector: false });
  const { rows } = await pool.query(`SELECT connected, reported_by FROM apim_target`);
  expect(rows).toEqual([{ connected: true, reported_by: 'w1' }]);
  await tell({ connected: false, reason: 'stopped' });
  expect(await tell({ workerId: 'w2' })).toEqual({ connector: true });
});
