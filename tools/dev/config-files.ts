import { readFileSync, writeFileSync } from 'node:fs';
import { stringify } from 'smol-toml';
import type { DevCertificates } from './certificates.ts';
import type { DataDir } from './data-dir.ts';
import type { Listener } from './options.ts';
import type { Secrets } from './secrets.ts';
import type { StackSettings } from './settings.ts';

type Table = { readonly [key: string]: unknown };

/** What every generated file draws on. */
export type Wiring = {
  readonly dir: DataDir;
  readonly settings: StackSettings;
  readonly secrets: Secrets;
  readonly certificates: DevCertificates;
  readonly dsn: string;
  /** '' = none */
  readonly redisUrl: string;
  readonly simulator: boolean;
};

/** The generated settings of the controller. */
export function controllerTable({ settings, secrets, dsn, redisUrl, ...wiring }: Wiring): Table {
  const { ports } = settings;
  const users = settings.usersConfigured
    ? {}
    : { auth: { basic: { enabled: true, users: [{ ...settings.admin, roles: ['admin'] }] } } };
  return {
    redis: { url: redisUrl },
    controller: {
      server: { gateway_id: settings.gatewayId, port: ports.api, grpc_port: ports.grpc },
      admin_server: { port: ports.admin },
      metrics: { port: ports.metrics },
      storage: { postgres: { dsn } },
      sync: { token: secrets.syncToken },
      encryption: { providers: [{ keys: [{ version: 'dev-1', key: secrets.encryptionKey }] }] },
      ...users,
      ...controlplane({ settings, secrets, ...wiring }),
    },
  };
}

/** The generated settings of apim-sync. */
export function apimSyncTable({ settings, secrets, redisUrl, ...wiring }: Wiring): Table {
  return {
    redis: { url: redisUrl },
    apim_sync: { controller_address: `localhost:${settings.ports.grpc}`, admin_port: settings.ports.syncAdmin },
    controller: { sync: { token: secrets.syncToken }, ...controlplane({ settings, secrets, ...wiring }) },
  };
}

/** The generated settings of one router. `joinToken` '' = it keeps a credential already. */
export function routerTable(
  wiring: Wiring,
  router: {
    readonly name: string;
    readonly listener: number;
    readonly tls: number;
    readonly admin: number;
    readonly metrics: number;
    readonly joinToken: string;
  },
): Table {
  const { dir, settings, certificates } = wiring;
  return {
    router: {
      listener_port: router.listener,
      https_enabled: true,
      https_port: router.tls,
      downstream_tls: { cert_path: certificates.routerCert, key_path: certificates.routerKey },
      admin_port: router.admin,
      metrics_port: router.metrics,
      drain_delay: '0s',
      discovery: {
        address: `localhost:${settings.ports.grpc}`,
        node_id: router.name,
        state_dir: dir.routerState(router.name),
        ...(router.joinToken === '' ? {} : { join_token: router.joinToken }),
      },
      upstream: {
        host_overrides: { 'petstore.example.com': `127.0.0.1:${settings.ports.petstore}` },
        tls: { ca_file: upstreamCa(wiring) },
      },
    },
  };
}

/** The generated settings of the simulated APIM: its one environment is the gateway's name, its one client ours. */
export function simulatorTable({ dir, settings, secrets }: Wiring): Table {
  return {
    simulator: {
      port: settings.ports.apim,
      cert_file: dir.tls('apim.pem'),
      key_file: dir.tls('apim.key'),
      state_file: dir.apimState,
      environments: [settings.gatewayName],
      gateway_token: secrets.registrationToken,
      oauth2: { client_id: apimClientId, client_secret: secrets.apimClientSecret },
    },
  };
}

export const apimClientId = 'tidegate';

/** Writes one file for people to look at and for a process to read; 0600, for there are secrets in it. */
export function writeConfig(dir: DataDir, name: string, table: Table, extra: Table): string {
  const file = dir.config(name);
  const note = `# Written by npm start for ${name}, every time: put settings of yours into a file of your own and start with --config FILE.toml.\n\n`;
  writeFileSync(file, note + stringify(merge(table, extra)), { mode: 0o600 });
  return file;
}

/** The port of router i of the stack (0 = the first): listeners follow each other, admin and metrics ports in steps of ten. */
export function routerPort(
  ports: Readonly<Record<Listener, number>>,
  listener: 'router' | 'routerTls' | 'routerAdmin' | 'routerMetrics',
  index: number,
): number {
  return ports[listener] + index * (listener === 'router' || listener === 'routerTls' ? 1 : 10);
}

function controlplane({ dir, settings, secrets, simulator }: Pick<Wiring, 'dir' | 'settings' | 'secrets' | 'simulator'>): Table {
  if (!simulator) return {};
  return {
    controlplane: {
      host: `localhost:${settings.ports.apim}`,
      ca_file: dir.tls('apim.pem'),
      token: secrets.registrationToken,
      gateway_name: settings.gatewayName,
      apim_oauth2_client_id: apimClientId,
      apim_oauth2_client_secret: secrets.apimClientSecret,
    },
  };
}

/** The development CA, with the user's own authorities where there are some: the router reads one file. */
function upstreamCa({ dir, settings, certificates }: Wiring): string {
  if (settings.upstreamCaFile === '') return certificates.ca;
  const both = dir.tls('upstream-ca.pem');
  writeFileSync(both, `${readFileSync(certificates.ca, 'utf8')}\n${readFileSync(settings.upstreamCaFile, 'utf8')}`);
  return both;
}

function merge(below: Table, above: Table): Table {
  const merged: Record<string, unknown> = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const under = merged[key];
    merged[key] = isTable(under) && isTable(value) ? merge(under, value) : value;
  }
  return merged;
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
