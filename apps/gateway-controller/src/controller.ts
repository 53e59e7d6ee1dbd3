import type { IncomingMessage } from 'node:http';

import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { type AdminServer, type AdminServerOptions, isLoopback, startAdminServer } from '@tidegate/process';
import type { Pool } from 'pg';

import { AppModule, type AppOptions } from './app.module.ts';
import { Authentication } from './auth/authentication.ts';
import { PG_POOL } from './database/database.module.ts';
import { SnapshotStore } from './discovery/snapshot-store.ts';
import { ApiError } from './http/api-error.ts';
import { INSTALLATION, type Installation } from './gateways/first-boot.ts';
import { configDump } from './health/config-dump.ts';
import { xdsSyncStatus } from './health/xds-sync-status.ts';
import { readiness } from './health/readiness.ts';
import { fastifyAdapter } from './http/fastify-adapter.ts';
import { nestLogger } from './http/nest-logger.ts';

/** The whole controller in this process: management API, gRPC, admin and metrics ports. */
export interface Controller {
  readonly app: NestFastifyApplication;
  /** Port of the management API, also when the setting said 0 */
  readonly port: number;
  readonly adminPort: number;
  close(): Promise<void>;
}

/** @throws when a port is taken or the database cannot be used; nothing is left open then */
export async function startController(options: AppOptions): Promise<Controller> {
  const { config, logger } = options;
  const adapter = fastifyAdapter({ ...options, callerOf: (presented) => app.get(Authentication).callerOf(presented) });
  const app: NestFastifyApplication = await NestFactory.create<NestFastifyApplication>(AppModule.with(options), adapter, {
    bodyParser: false,
    logger: nestLogger(logger),
    abortOnError: false,
  });
  const side: AdminServer[] = [];
  const close = async () => {
    await Promise.all(side.map((server) => server.close()));
    await app.close();
  };
  try {
    await app.init();
    await listening('controller.server.port', app.listen(config.apiPort, config.controller.server.host));
    for (const { setting, ...server } of sideServers(app, options)) side.push(await listening(setting, startAdminServer(server)));
  } catch (error) {
    await close();
    throw error;
  }
  const port = Number(new URL(await app.getUrl()).port);
  logger.info({ host: config.controller.server.host, port }, 'Management API listening');
  return { app, port, adminPort: side[0]?.port ?? 0, close };
}

/** Admin and metrics: open to this machine alone; bound to another address they ask for an admin's credentials. */
function sideServers(
  app: NestFastifyApplication,
  { config, registry }: AppOptions,
): (AdminServerOptions & { setting: string })[] {
  const { admin_server: admin, metrics } = config.controller;
  const pool = app.get<Pool>(PG_POOL);
  const snapshots = app.get(SnapshotStore);
  const authentication = app.get(Authentication);
  const authorize = (request: IncomingMessage) => isAdmin(authentication, request);
  const dump = async () => ({ status: 200, body: await configDump(pool) });
  const syncStatus = () => ({ status: 200, body: xdsSyncStatus(snapshots, app.get<Installation>(INSTALLATION).gatewayId) });
  const at = ({ host, port }: { host: string; port: number }) => ({
    host,
    port,
    live: () => true,
    ready: () => readiness(pool, snapshots),
    ...(isLoopback(host) ? {} : { authorize }),
  });
  return [
    {
      setting: 'controller.admin_server.port',
      ...at(admin),
      routes: { 'GET /config_dump': dump, 'GET /xds_sync_status': syncStatus },
    },
    ...(metrics.enabled ? [{ setting: 'controller.metrics.port', ...at(metrics), registry }] : []),
  ];
}

/** By Basic credentials alone: a browser's cookies know hosts, not ports. */
async function isAdmin(authentication: Authentication, { headers, method = 'GET', socket }: IncomingMessage): Promise<boolean> {
  const presented = { method, address: socket.remoteAddress ?? '', authorization: headers.authorization };
  const caller = authentication.callerOf({ ...presented, cookie: undefined, csrfToken: undefined });
  return (await caller.catch(whenRefused))?.roles.includes('admin') ?? false;
}

/** One that has to wait after too many wrong passwords is let in no more than one without credentials. */
function whenRefused(error: unknown): null {
  if (error instanceof ApiError) return null;
  throw error;
}

/** A taken port is the operator's to mend: say by which setting. */
async function listening<T>(setting: string, started: Promise<T>): Promise<T> {
  try {
    return await started;
  } catch (error) {
    throw new Error(`Cannot listen (${setting}): ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
