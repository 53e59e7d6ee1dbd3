import { fileURLToPath } from 'node:url';

import {
  ConfigError,
  effectiveConfig,
  type EffectiveValue,
  isLoopback,
  loadConfig,
  logSettings,
  redisSettings,
  secret,
  type Secret,
  tracingSettings,
} from '@tidegate/process';
import { controlplaneSettings } from '@tidegate/sync-link';
import { z } from 'zod';

import { authSettings, basicUser, type BasicUser } from './settings/auth-settings.ts';
import { compilerSettings } from './settings/compiler-settings.ts';
import { discoverySettings, fleetSettings } from './settings/fleet-settings.ts';
import { notificationSettings, webhookSettings } from './settings/news-settings.ts';
import { port } from './settings/port.ts';
import { encryptionSettings, isEnvAllowed, templateSettings } from './settings/secret-settings.ts';
import { serverSettings } from './settings/server-settings.ts';
import { storageSettings } from './settings/storage-settings.ts';

const CONSOLE_BESIDE_BUNDLE = fileURLToPath(new URL('../console', import.meta.url));

const schema = z.strictObject({
  log: logSettings.prefault({}),
  tracing: tracingSettings.prefault({}),
  redis: redisSettings.prefault({}),
  controller: z
    .strictObject({
      server: serverSettings.prefault({}),
      admin_server: z.strictObject({ host: z.string().default('127.0.0.1'), port: port.default(9092) }).prefault({}),
      metrics: z
        .strictObject({ enabled: z.boolean().default(true), host: z.string().default('127.0.0.1'), port: port.default(9091) })
        .prefault({}),
      storage: storageSettings.prefault({}),
      auth: authSettings.prefault({}),
      // Where the built console lies; of a bundle, beside it
      console: z.strictObject({ dir: z.string().default(CONSOLE_BESIDE_BUNDLE) }).prefault({}),
      sync: z.strictObject({ token: secret().prefault('') }).prefault({}),
      encryption: encryptionSettings.prefault({}),
      templates: templateSettings.prefault({}),
      controlplane: controlplaneSettings.prefault({}),
      notifications: notificationSettings.prefault({}),
      webhooks: webhookSettings.prefault({}),
      discovery: discoverySettings.prefault({}),
      fleet: fleetSettings.prefault({}),
    })
    .prefault({}),
  router: compilerSettings.prefault({}),
  api_key: z
    .strictObject({
      api_keys_per_user_per_api: z.int().min(1).default(10),
      min_key_length: z.int().min(16).default(36),
      max_key_length: z.int().max(1024).default(128),
    })
    .prefault({}),
});

export type Settings = z.output<typeof schema>;
export type PostgresSettings = Settings['controller']['storage']['postgres'];

/** The settings, with what two names or two sources say about one thing settled. */
export interface ControllerConfig extends Settings {
  readonly apiPort: number;
  readonly grpcPort: number;
  readonly users: readonly BasicUser[];
  /** What the environment says for `controller.templates.env` */
  readonly templateEnv: Readonly<Record<string, string>>;
}

/** Prefixes of `config.toml` that other programs read; of `[router]` a part is ours too. */
const FOREIGN = ['router', 'apim_sync', 'policy_configurations', 'simulator'] as const;

/**
 * Reads TOML files and the environment once, at start.
 * @throws ConfigError naming every setting that is wrong, among them an open management API (decision 10)
 */
export function readConfig(argv: readonly string[], env: NodeJS.ProcessEnv): ControllerConfig {
  return settle(loadConfig({ schema, foreign: FOREIGN, argv, env }), env);
}

/** Every setting with its value and where that comes from. @throws ConfigError as `readConfig` */
export function effectiveSettings(argv: readonly string[], env: NodeJS.ProcessEnv): EffectiveValue[] {
  readConfig(argv, env);
  return effectiveConfig({ schema, foreign: FOREIGN, argv, env });
}

/** Settings from values given in code: what a test boots the application with. */
export function settingsOf(values: z.input<typeof schema>, env: NodeJS.ProcessEnv = {}): ControllerConfig {
  return settle(schema.parse(values), env);
}

function settle(settings: Settings, env: NodeJS.ProcessEnv): ControllerConfig {
  const { server: listener, auth } = settings.controller;
  const problems: string[] = [];
  const config = {
    ...settings,
    apiPort: oneOf(problems, 'controller.server.port', listener.port, 'controller.server.api_port', listener.api_port) ?? 9090,
    grpcPort:
      oneOf(problems, 'controller.server.grpc_port', listener.grpc_port, 'controller.server.xds_port', listener.xds_port) ??
      18_000,
    users: auth.basic.enabled ? (auth.basic.users ?? [DEFAULT_USER]) : [],
    templateEnv: allowedEnv(settings.controller.templates.env, env),
  };
  problems.push(...exposure(config));
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

function allowedEnv(patterns: readonly string[], env: NodeJS.ProcessEnv): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value !== undefined && isEnvAllowed(name, patterns) ? [[name, value] as const] : [],
    ),
  );
}

const DEFAULT_USER = basicUser.parse({ username: 'admin', password: 'admin', roles: ['admin'] });

function oneOf(
  problems: string[],
  nameA: string,
  a: number | undefined,
  nameB: string,
  b: number | undefined,
): number | undefined {
  if (a !== undefined && b !== undefined && a !== b)
    problems.push(`${nameA} (${a}) and ${nameB} (${b}) name one setting and differ`);
  return a ?? b;
}

/** Who may listen where (decisions 10 and 27). An API that nobody can sign in to is a mistake on any address. */
function exposure(config: ControllerConfig): string[] {
  const { server: listener, admin_server: admin, metrics, auth } = config.controller;
  if (config.users.length === 0 && !auth.idp.enabled) {
    return [
      'controller.auth.basic: no credentials; set controller.auth.basic.enabled = true and list controller.auth.basic.users, or set controller.auth.idp',
    ];
  }
  const open = [
    ['controller.server.host', listener.host],
    ['controller.admin_server.host', admin.host],
    ...(metrics.enabled ? [['controller.metrics.host', metrics.host] as const] : []),
  ] as const;
  const problems = open
    .filter(([, host]) => !isLoopback(host) && config.users.some(isDefaultUser))
    .map(
      ([name, host]) =>
        `${name} = "${host}" is reachable from other machines with the default credentials admin/admin: set controller.auth.basic.users`,
    );
  if (!isLoopback(listener.grpc_host) && (listener.grpc_tls.cert_file === '' || listener.grpc_tls.key_file === '')) {
    problems.push(
      `controller.server.grpc_host = "${listener.grpc_host}" is reachable from other machines without TLS: set controller.server.grpc_tls.cert_file and key_file`,
    );
  }
  return problems;
}

function isDefaultUser(user: BasicUser): boolean {
  return !user.password_hashed && user.username.toLowerCase() === 'admin' && reveals(user.password, 'admin');
}

function reveals(value: Secret, text: string): boolean {
  return value.reveal() === text;
}
