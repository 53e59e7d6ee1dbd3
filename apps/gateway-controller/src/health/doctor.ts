import {
  broken,
  doubtful,
  examineCertificate,
  examineClock,
  examinePort,
  examineRedis,
  type Finding,
  fine,
  reasonOf,
} from '@tidegate/process';
import { Client } from 'pg';

import { type ControllerConfig, readConfig } from '../config.ts';
import { connectionOf } from '../database/connection.ts';
import { MIGRATIONS } from '../database/migrations.ts';

const DATABASE = 'controller.storage.postgres';
const VERSION_MIN = 150_000;
/** Beside TypeORM's pool: the pool for what must not wait behind writes, and the connection that listens. */
const OTHER_CONNECTIONS = 9;

/** Everything the controller needs, looked at without starting it; nothing is written anywhere. */
export async function examineController(files: readonly string[]): Promise<Finding[]> {
  const config = readConfig(files, process.env);
  const { server, admin_server: admin, metrics } = config.controller;
  return [
    await examinePort('controller.server.port', server.host, config.apiPort),
    await examinePort('controller.server.grpc_port', server.grpc_host, config.grpcPort),
    await examinePort('controller.admin_server.port', admin.host, admin.port),
    ...(metrics.enabled ? [await examinePort('controller.metrics.port', metrics.host, metrics.port)] : []),
    ...certificates(config),
    ...(await database(config)),
    await examineRedis(config.redis.url),
    ...secrets(config),
  ];
}

function certificates({ controller }: ControllerConfig): Finding[] {
  const { cert_file: certFile, key_file: keyFile, client_ca_file: clientCa } = controller.server.grpc_tls;
  if (certFile === '') return [fine('controller.server.grpc_tls', 'off: gRPC stays on this machine')];
  const setting = 'controller.server.grpc_tls';
  return [
    examineCertificate({ setting: `${setting}.cert_file`, certFile, keyFile }, Date.now()),
    ...(clientCa === '' ? [] : [examineCertificate({ setting: `${setting}.client_ca_file`, certFile: clientCa }, Date.now())]),
  ];
}

function secrets({ controller, users }: ControllerConfig): Finding[] {
  const isDefault = users.some(({ username, password, password_hashed: hashed }) => !hashed && username === password.reveal());
  return [
    isDefault
      ? doubtful(
          'controller.auth.basic.users',
          'a user has its name for a password',
          'set others before anybody else reaches the port',
        )
      : fine('controller.auth.basic.users', `${users.length} users`),
    controller.sync.token.reveal() === ''
      ? doubtful('controller.sync.token', 'not set: no apim-sync is let in', 'give controller and apim-sync the same secret')
      : fine('controller.sync.token', 'set'),
  ];
}

async function database({ controller }: ControllerConfig): Promise<Finding[]> {
  const { postgres, migrate } = controller.storage;
  const client = new Client({ ...connectionOf(postgres), query_timeout: postgres.query_timeout });
  client.on('error', () => undefined); // told by the query that it breaks
  try {
    await client.connect();
  } catch (error) {
    await client.end().catch(() => undefined);
    return [broken(DATABASE, reasonOf(error), mendOf(error))];
  }
  try {
    const askedMs = Date.now();
    const { rows } = await client.query<ServerFacts>(SERVER);
    const answeredMs = Date.now();
    const [facts] = rows;
    if (facts === undefined) throw new Error('it answers nothing');
    const clock = examineClock('PostgreSQL', (askedMs + answeredMs) / 2 - facts.nowMs, answeredMs - askedMs);
    return [...judgeServer(facts, postgres.max_open_conns), await examineMigrations(client, migrate), clock];
  } catch (error) {
    return [broken(DATABASE, reasonOf(error), 'may this user read and create tables in this database?')];
  } finally {
    await client.end();
  }
}

interface ServerFacts {
  readonly version: number;
  readonly versionText: string;
  readonly standby: boolean;
  readonly mayCreate: boolean;
  readonly connections: number;
  readonly nowMs: number;
}

const SERVER = `
  SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS "versionText",
         pg_is_in_recovery() AS standby, has_schema_privilege(current_schema(), 'CREATE') AS "mayCreate",
         current_setting('max_connections')::int AS connections,
         (extract(epoch FROM clock_timestamp()) * 1000)::double precision AS "nowMs"`;

/** Pure. */
export function judgeServer({ version, versionText, standby, mayCreate, connections }: ServerFacts, poolMax: number): Finding[] {
  const perReplica = poolMax + OTHER_CONNECTIONS;
  return [
    version < VERSION_MIN
      ? broken(DATABASE, `PostgreSQL ${versionText}`, 'use PostgreSQL 15 or newer')
      : fine(DATABASE, `PostgreSQL ${versionText} answers`),
    ...(standby ? [broken(DATABASE, 'is a standby, which takes no writes', 'name the primary, or promote this one')] : []),
    ...(mayCreate ? [] : [broken(DATABASE, 'this user may not create tables', 'GRANT CREATE ON SCHEMA public TO the user')]),
    perReplica * 2 > connections
      ? doubtful(
          `${DATABASE}.max_open_conns`,
          `a replica opens up to ${perReplica} of the server's ${connections} connections: two do not fit`,
          'lower max_open_conns, raise max_connections, or put a pooler in session mode between',
        )
      : fine(`${DATABASE}.max_open_conns`, `up to ${Math.floor(connections / perReplica)} replicas fit`),
  ];
}

async function examineMigrations(client: Client, mode: 'auto' | 'check'): Promise<Finding> {
  const subject = 'migrations';
  const { rows: there } = await client.query<{ found: boolean }>(`SELECT to_regclass('schema_migration') IS NOT NULL AS found`);
  const applied = there[0]?.found ? (await client.query<{ name: string }>('SELECT name FROM schema_migration')).rows : [];
  return judgeMigrations(subject, new Set(applied.map(({ name }) => name)), mode);
}

/** Pure. */
export function judgeMigrations(subject: string, applied: ReadonlySet<string>, mode: 'auto' | 'check'): Finding {
  const needed = MIGRATIONS.map((Migration) => new Migration().name);
  const missing = needed.filter((name) => !applied.has(name));
  const newer = [...applied].filter((name) => !needed.includes(name));
  if (missing.length > 0) {
    const message = `${missing.length} of ${needed.length} are to be applied`;
    if (mode === 'auto') return fine(subject, `${message}, at the next start`);
    return broken(subject, message, 'run "gateway-controller db migrate", or set controller.storage.migrate = "auto"');
  }
  if (newer.length > 0)
    return doubtful(
      subject,
      `a newer release has been here (${newer.join(', ')})`,
      'finish the upgrade; migrations only add, so that this release works meanwhile',
    );
  return fine(subject, `all ${needed.length} applied`);
}

function mendOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === '28P01' || code === '28000') return 'set controller.storage.postgres.user and password, and look at pg_hba.conf';
  if (code === '3D000') return 'create the database, or set controller.storage.postgres.database';
  return 'is it started, and are host, port and sslmode below controller.storage.postgres right?';
}
