import 'reflect-metadata';

import { randomBytes, randomUUID } from 'node:crypto';

import { EntryKind } from '@tidegate/gateway-ir';
import { NestFactory } from '@nestjs/core';
import { createLogger } from '@tidegate/process';
import type { Pool } from 'pg';
import { Registry } from 'prom-client';

import { ChangeLogModule } from '../change-log/change-log.module.ts';
import { GatewayWriter, type Written } from '../change-log/gateway-writer.ts';
import { settingsOf } from '../config.ts';
import { DatabaseModule, PG_POOL } from '../database/database.module.ts';
import { INSTALLATION, type Installation } from '../gateways/first-boot.ts';
import { GatewaysModule } from '../gateways/gateways.module.ts';
import { JoinTokens } from '../gateways/join-tokens.ts';
import { NodeCredentials } from '../gateways/node-credentials.ts';
import { GrpcModule } from '../grpc/grpc.module.ts';
import { GrpcServer } from '../grpc/grpc-server.ts';
import { SettingsModule } from '../settings.module.ts';
import { DiscoveryModule } from './discovery.module.ts';
import { EpochKeeper } from './epoch-keeper.ts';
import { Propagation } from './propagation.ts';
import { SnapshotStore } from './snapshot-store.ts';

export type SampleReplica = Awaited<ReturnType<typeof startReplica>>;

interface ReplicaOptions {
  readonly redisUrl?: string;
  readonly lease?: string;
  readonly credentialLifetime?: string;
  readonly queryTimeout?: string;
  readonly enrolmentKey?: string;
}

/** One controller without its management API, on the given database, wired as the application wires it. */
export async function startReplica(
  url: string,
  { redisUrl = '', lease = '15s', credentialLifetime = '720h', queryTimeout = '30s', enrolmentKey = '' }: ReplicaOptions = {},
) {
  const config = settingsOf({
    redis: { url: redisUrl },
    controller: {
      server: { grpc_port: 0, shutdown_timeout: '2s' },
      storage: { postgres: { dsn: url, query_timeout: queryTimeout } },
      discovery: { heartbeat: '5s', lease, credential_lifetime: credentialLifetime, enrolment_key: enrolmentKey },
    },
  });
  const logger = createLogger({ name: 'test', level: 'error', format: 'text' });
  const registry = new Registry();
  const settings = SettingsModule.with({ config, logger, registry });
  class SampleModule {}
  const app = await NestFactory.createApplicationContext(
    { module: SampleModule, imports: [settings, DatabaseModule, ChangeLogModule, GatewaysModule, GrpcModule, DiscoveryModule] },
    { logger: false, abortOnError: false },
  );
  const installation = app.get<Installation>(INSTALLATION);
  return {
    installation,
    gatewayId: installation.gatewayId,
    pool: app.get<Pool>(PG_POOL),
    writer: app.get(GatewayWriter),
    store: app.get(SnapshotStore),
    epochs: app.get(EpochKeeper),
    propagation: app.get(Propagation),
    metrics: () => registry.metrics(),
    joinTokens: app.get(JoinTokens),
    credentials: app.get(NodeCredentials),
    address: `127.0.0.1:${app.get(GrpcServer).port}`,
    close: () => app.close(),
  };
}

export interface SampleApi {
  readonly id: string;
  readonly deploymentId: string;
  readonly written: Written<unknown>;
}

interface ApiChange {
  readonly handle: string;
  readonly context?: string;
  readonly desiredState?: 'deployed' | 'undeployed';
  /** Instead of a sound document */
  readonly document?: object;
}

/** What a POST leaves behind: API, deployment in `default`, change. */
export async function deploy(replica: SampleReplica, change: ApiChange): Promise<SampleApi> {
  const id = randomUUID();
  const { accountId, gatewayId } = replica.installation;
  const desiredState = change.desiredState ?? 'deployed';
  let deploymentId = '';
  const written = await replica.writer.write([gatewayId], async (tx) => {
    await tx.query(
      `INSERT INTO api (id, account_id, handle, display_name, version, document, desired_state, origin, created_by, created_at, updated_at)
       VALUES ($1, $2, $3, $3, 'v1', $4, $5, 'gateway_api', 'test', now(), now())`,
      [id, accountId, change.handle, JSON.stringify(change.document ?? documentOf(change)), desiredState],
    );
    const [row] = await tx.query<{ id: string }[]>(
      `INSERT INTO deployment (id, api_id, environment_id) SELECT $1::uuid || '/' || id, $1::uuid, id FROM environment WHERE name = 'default' RETURNING id`,
      [id],
    );
    deploymentId = row?.id ?? '';
    return {
      result: null,
      changes: [{ gatewayId, kind: EntryKind.ROUTES, entryId: deploymentId, removed: desiredState === 'undeployed' }],
    };
  });
  return { id, deploymentId, written };
}

export async function addKey(replica: SampleReplica, apiId: string): Promise<string> {
  const id = randomUUID();
  const { accountId, gatewayId } = replica.installation;
  await replica.writer.write([gatewayId], async (tx) => {
    await tx.query(
      `INSERT INTO api_key (id, account_id, api_id, name, digest, masked, created_by, created_at, updated_at)
       VALUES ($1, $2, $3, $5, $4, '***', 'test', now(), now())`,
      [id, accountId, apiId, randomBytes(32), `key-${id}`],
    );
    return { result: null, changes: [{ gatewayId, kind: EntryKind.API_KEY, entryId: id, removed: false }] };
  });
  return id;
}

export async function revokeKey(replica: SampleReplica, keyId: string): Promise<void> {
  const { gatewayId } = replica.installation;
  await replica.writer.write([gatewayId], async (tx) => {
    await tx.query(`DELETE FROM api_key WHERE id = $1`, [keyId]);
    return { result: null, changes: [{ gatewayId, kind: EntryKind.API_KEY, entryId: keyId, removed: true }] };
  });
}

/** A change that changes nothing but the version. */
export async function touch(replica: SampleReplica, { deploymentId }: SampleApi): Promise<number> {
  const { gatewayId } = replica.installation;
  const changes = [{ gatewayId, kind: EntryKind.ROUTES, entryId: deploymentId, removed: false }];
  const { versions } = await replica.writer.write([gatewayId], async () => ({ result: null, changes }));
  return versions.get(gatewayId) ?? 0;
}

function documentOf({ handle, context = `/${handle}` }: ApiChange): object {
  return {
    apiVersion: 'gateway.api-platform.wso2.com/v1alpha1',
    kind: 'RestApi',
    metadata: { name: handle },
    spec: {
      displayName: handle,
      version: 'v1',
      context,
      upstream: { main: { url: 'http://upstream.test:80/base' } },
      operations: [{ method: 'GET', path: '/pets' }],
    },
  };
}
