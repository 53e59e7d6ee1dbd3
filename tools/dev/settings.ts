import { loadConfig, secret } from '@tidegate/process';
import { z } from 'zod';
import { listenerNames, listeners, type Listener } from './options.ts';

/** What the stack itself has to know of the user's files and variables; the rest is between them and the apps. */
export type StackSettings = {
  readonly ports: Readonly<Record<Listener, number>>;
  readonly gatewayId: string;
  /** someone who may ask for a join token; null = only users with hashed passwords are configured */
  readonly admin: { readonly username: string; readonly password: string } | null;
  readonly usersConfigured: boolean;
  /** '' = nobody configured a control plane */
  readonly controlplaneHost: string;
  /** of the OAuth2 client configured for it; tells our own simulator from a real APIM on the same address */
  readonly apimClientSecret: string;
  readonly gatewayName: string;
  /** a database of the user's own; '' = the embedded one */
  readonly dsn: string;
  readonly redisUrl: string;
  readonly upstreamCaFile: string;
};

const port = z.number().int().min(1).max(65_535).optional();
const user = z.object({
  username: z.string(),
  password: secret(),
  password_hashed: z.boolean().default(false),
  roles: z.array(z.string()).default([]),
});

const schema = z.object({
  redis: z.object({ url: z.string().default('') }),
  controller: z.object({
    server: z.object({ gateway_id: z.string().default('default'), port, api_port: port, grpc_port: port, xds_port: port }),
    admin_server: z.object({ port }),
    metrics: z.object({ port }),
    storage: z.object({ postgres: z.object({ dsn: secret().prefault('') }) }),
    controlplane: z.object({
      host: z.string().default(''),
      gateway_name: z.string().default('onprem-gw'),
      apim_oauth2_client_secret: secret().prefault(''),
    }),
    auth: z.object({ basic: z.object({ users: z.array(user).optional() }) }),
  }),
  router: z.object({
    listener_port: port,
    https_port: port,
    admin_port: port,
    metrics_port: port,
    upstream: z.object({ tls: z.object({ ca_file: z.string().default('') }) }),
  }),
  apim_sync: z.object({ admin_port: port }),
  simulator: z.object({ port }),
});

const foreign = ['log', 'controller', 'router', 'apim_sync', 'policy_configurations', 'simulator', 'api_key', 'redis'];

/**
 * Reads the user's files and environment. A port is what the command line says, else what they say, else the default.
 * @throws ConfigError naming everything that is wrong with what it reads
 */
export function readSettings(
  configFiles: readonly string[],
  env: NodeJS.ProcessEnv,
  asked: Partial<Record<Listener, number>>,
): StackSettings {
  const { controller, router, apim_sync, redis, simulator } = loadConfig({
    schema,
    foreign,
    env,
    argv: configFiles.flatMap((file) => ['--config', file]),
  });
  const configured: Partial<Record<Listener, number | undefined>> = {
    api: controller.server.port ?? controller.server.api_port,
    grpc: controller.server.grpc_port ?? controller.server.xds_port,
    admin: controller.admin_server.port,
    metrics: controller.metrics.port,
    router: router.listener_port,
    routerTls: router.https_port,
    routerAdmin: router.admin_port,
    routerMetrics: router.metrics_port,
    syncAdmin: apim_sync.admin_port,
    apim: simulator.port,
  };
  const ports = Object.fromEntries(
    listenerNames.map((name) => [name, asked[name] ?? configured[name] ?? listeners[name].port]),
  ) as Record<Listener, number>; // every listener is in listenerNames
  const users = controller.auth.basic.users ?? [];
  const admin = users.find((each) => each.roles.includes('admin') && !each.password_hashed);
  return {
    ports,
    gatewayId: controller.server.gateway_id,
    admin:
      users.length === 0
        ? defaultAdmin
        : admin === undefined
          ? null
          : { username: admin.username, password: admin.password.reveal() },
    usersConfigured: users.length > 0,
    controlplaneHost: controller.controlplane.host,
    apimClientSecret: controller.controlplane.apim_oauth2_client_secret.reveal(),
    gatewayName: controller.controlplane.gateway_name,
    dsn: controller.storage.postgres.dsn.reveal(),
    redisUrl: redis.url,
    upstreamCaFile: router.upstream.tls.ca_file,
  };
}

/** Decision 10: fine on loopback, where everything here listens. */
const defaultAdmin = { username: 'admin', password: 'admin' } as const;

/**
 * The environment for the apps: the user's, without the variables that the stack has taken up into the files it generates
 * (with several routers, or a port from the command line, the variable would contradict the file and win).
 */
export function appEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !takenUp.has(name.replaceAll(/_+/g, '_').toUpperCase())));
}

const takenUp = new Set(
  [
    'CONTROLLER_SERVER_PORT',
    'CONTROLLER_SERVER_API_PORT',
    'CONTROLLER_SERVER_GRPC_PORT',
    'CONTROLLER_SERVER_XDS_PORT',
    'CONTROLLER_ADMIN_SERVER_PORT',
    'CONTROLLER_METRICS_PORT',
    'CONTROLLER_STORAGE_POSTGRES_DSN',
    'ROUTER_LISTENER_PORT',
    'ROUTER_ADMIN_PORT',
    'ROUTER_METRICS_PORT',
    'ROUTER_UPSTREAM_TLS_CA_FILE',
    'APIM_SYNC_ADMIN_PORT',
    'SIMULATOR_PORT',
    'REDIS_URL',
  ]
    .map((name) => `APIP_GW_${name}`)
    .concat('REDIS_URL'),
);
