import { buildStaleApps } from '../build/build-stale-apps.ts';
import { loadOrCreateCertificates } from './certificates.ts';
import { routerPort, type Wiring } from './config-files.ts';
import type { DataDir } from './data-dir.ts';
import { listenerNames, type Listener } from './options.ts';
import { portProblems, type PortUse } from './ports.ts';
import { databaseName } from './postgres/cluster.ts';
import { findRedisServer } from './redis.ts';
import { loadOrCreateSecrets } from './secrets.ts';
import type { StackSettings } from './settings.ts';
import type { StackOptions } from './stack.ts';
import { StartError } from './start-error.ts';

/** What will run, decided; nothing runs yet. */
export type Plan = {
  readonly wiring: Wiring;
  /** false = a database of the user's own */
  readonly embeddedDatabase: boolean;
  /** the redis-server to start; null = none */
  readonly redisServer: string | null;
  readonly routers: number;
};

/**
 * Builds what is stale, makes secrets and certificates, and sees that every port is free.
 * @throws StartError naming each port that is taken, and the setting for it
 */
export async function prepareStack(options: StackOptions, settings: StackSettings, dir: DataDir): Promise<Plan> {
  await buildStaleApps(undefined, options.say ?? ((): void => undefined));
  const { ports, controlplaneHost } = settings;
  const secrets = loadOrCreateSecrets(dir.secrets);
  // who follows the guide exports the simulator's own address and client
  const isOurs = controlplaneHost === `localhost:${ports.apim}` && settings.apimClientSecret === secrets.apimClientSecret;
  const redisServer = options.redis === false || settings.redisUrl !== '' ? null : findRedisServer();
  const embedded = settings.dsn === '';
  const wiring: Wiring = {
    dir,
    settings,
    secrets,
    certificates: await loadOrCreateCertificates(dir, Date.now()),
    dsn: embedded
      ? `postgresql://${databaseName}:${secrets.postgresPassword}@127.0.0.1:${ports.postgres}/${databaseName}`
      : settings.dsn,
    redisUrl: redisUrlOf(redisServer === null ? null : `redis://:${secrets.redisPassword}@127.0.0.1:${ports.redis}`),
    simulator: options.simulator !== false && (controlplaneHost === '' || isOurs),
  };
  const plan: Plan = { wiring, embeddedDatabase: embedded, redisServer, routers: options.routers ?? 1 };
  const problems = await portProblems(portUses(plan));
  if (problems.length > 0) throw new StartError(problems);
  return plan;

  function redisUrlOf(started: string | null): string {
    if (started !== null) return started;
    return options.redis === false ? '' : settings.redisUrl;
  }
}

/** Every port that something of this plan will listen on. */
function portUses({ wiring, embeddedDatabase, redisServer, routers }: Plan): readonly PortUse[] {
  const { ports } = wiring.settings;
  const counts: Readonly<Record<Listener, number>> = {
    api: 1,
    grpc: 1,
    admin: 1,
    metrics: 1,
    router: routers,
    routerTls: routers,
    routerAdmin: routers,
    routerMetrics: routers,
    syncAdmin: 1,
    apim: wiring.simulator ? 1 : 0,
    petstore: 1,
    postgres: embeddedDatabase ? 1 : 0,
    redis: redisServer === null ? 0 : 1,
  };
  return listenerNames.flatMap((listener) =>
    Array.from({ length: counts[listener] }, (_, index) => {
      const port = isRouters(listener) ? routerPort(ports, listener, index) : ports[listener];
      return { listener, port, host: '127.0.0.1' };
    }),
  );
}

function isRouters(listener: Listener): listener is Parameters<typeof routerPort>[1] {
  return listener.startsWith('router');
}
