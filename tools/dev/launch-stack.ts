import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { apimSyncTable, controllerTable, routerPort, routerTable, simulatorTable, writeConfig } from './config-files.ts';
import { fetchJoinToken, hasCredential } from './join-token.ts';
import type { ManagedProcess, ProcessSpec } from './managed-process.ts';
import { openCluster } from './postgres/cluster.ts';
import type { Plan } from './prepare-stack.ts';
import { writeRedisConfig } from './redis.ts';
import { appEnvironment } from './settings.ts';
import type { StackOptions } from './stack.ts';
import {
  apimSyncReady,
  appSpec,
  controllerReady,
  petstoreSpec,
  postgresSpec,
  redisSpec,
  routerReady,
  routersFollow,
  simulatorReady,
} from './stack-processes.ts';

/**
 * Starts the plan's processes, as many at once as do not need each other: database, Redis, APIM and backend; then controller,
 * apim-sync and the routers that have joined before; routers that have not wait for the controller to hand out a join token.
 */
export async function launchStack(
  plan: Plan,
  options: StackOptions,
  manage: (spec: ProcessSpec) => ManagedProcess,
): Promise<void> {
  const { wiring, embeddedDatabase, redisServer } = plan;
  const { dir, settings, secrets } = wiring;
  const say = options.say ?? ((): void => undefined);
  const env = appEnvironment(options.env ?? process.env);
  const userFiles = options.configFiles ?? [];

  async function start(spec: ProcessSpec, note = ''): Promise<ManagedProcess> {
    const managed = manage(spec);
    const from = performance.now();
    await managed.start();
    say(`${spec.name} is ready (${((performance.now() - from) / 1000).toFixed(1)} s)${note}`);
    return managed;
  }

  function app(
    name: string,
    bundle: string,
    table: Readonly<Record<string, unknown>>,
    ready: () => Promise<boolean>,
  ): ProcessSpec {
    const generated = writeConfig(dir, name, table, options.extraConfig ?? {});
    return appSpec(wiring, { name, bundle, configFiles: [...userFiles, generated], env }, ready);
  }

  async function startDatabase(): Promise<void> {
    if (!embeddedDatabase) return say('Using the PostgreSQL of controller.storage.postgres.dsn');
    const cluster = openCluster(dir, secrets.postgresPassword);
    // credentials of routers are void in a new database
    if (cluster.created) rmSync(join(dir.root, 'routers'), { recursive: true, force: true });
    await start(postgresSpec(wiring, cluster), cluster.folder === dir.postgres ? '' : `, data in ${cluster.folder}`);
  }

  async function startRedis(): Promise<void> {
    if (redisServer !== null) {
      const configFile = writeRedisConfig(dir, settings.ports.redis, secrets.redisPassword);
      await start(redisSpec(wiring, redisServer, configFile));
    } else {
      say(
        wiring.redisUrl === ''
          ? 'No Redis: changes reach APIM by the sweep, up to a second later'
          : 'Using the Redis of REDIS_URL',
      );
    }
  }

  async function startApim(): Promise<void> {
    if (wiring.simulator) await start(app('apim-simulator', 'apim-simulator', simulatorTable(wiring), simulatorReady(wiring)));
    else say(settings.controlplaneHost === '' ? 'No APIM (--no-simulator)' : `Using the APIM at ${settings.controlplaneHost}`);
  }

  async function startRouter(index: number, controllerIsReady: Promise<unknown>): Promise<void> {
    const name = `router-${index + 1}`;
    const listener = routerPort(settings.ports, 'router', index);
    const tls = routerPort(settings.ports, 'routerTls', index);
    const admin = routerPort(settings.ports, 'routerAdmin', index);
    const metrics = routerPort(settings.ports, 'routerMetrics', index);
    let joinToken = '';
    if (!hasCredential(dir, name, Date.now())) {
      await controllerIsReady;
      joinToken = await fetchJoinToken(settings);
    }
    await start(
      app(name, 'router', routerTable(wiring, { name, listener, tls, admin, metrics, joinToken }), routerReady(wiring, index)),
    );
  }

  // the controller takes longest and needs the database alone
  const controller = startDatabase().then(() =>
    start(app('gateway-controller', 'gateway-controller', controllerTable(wiring), controllerReady(wiring))),
  );
  const sync = startApim().then(() => start(app('apim-sync', 'apim-sync', apimSyncTable(wiring), apimSyncReady(wiring))));
  const routers = Array.from({ length: plan.routers }, (_, index) => startRouter(index, controller));
  await settled([controller, sync, startRedis(), start(petstoreSpec(wiring)), ...routers]);
  await routersFollow(wiring, plan.routers);
}

/** Like Promise.all, but when one fails the others are waited for, so that the clean-up finds them. */
async function settled(works: readonly Promise<unknown>[]): Promise<void> {
  const outcomes = await Promise.allSettled(works);
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
