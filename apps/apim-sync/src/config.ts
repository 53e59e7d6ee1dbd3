import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

import {
  ConfigError,
  durationMs,
  effectiveConfig,
  type EffectiveValue,
  isLoopback,
  loadConfig,
  logSettings,
  redisSettings,
  secret,
  tracingSettings,
} from '@tidegate/process';
import { controlplaneSettings } from '@tidegate/sync-link';
import { z } from 'zod';

const port = z.int().min(0).max(65_535);

const apimSync = z.strictObject({
  /** gRPC address of gateway-controller */
  controller_address: z.string().default('localhost:18000'),
  tls: z
    .strictObject({
      enabled: z.boolean().default(false),
      /** PEM of the authority to trust; '' = the system's */
      ca_file: z.string().default(''),
      /** PEM: what this worker shows where controllers want a certificate; '' = nothing. All are read again when they change */
      cert_file: z.string().default(''),
      key_file: z.string().default(''),
    })
    .prefault({}),
  /** APIs pushed at once, at most; fewer while APIM is struggling */
  concurrency: z.int().min(1).max(64).default(4),
  sweep_interval: durationMs()
    .refine((ms) => ms >= 100, 'must be at least 100ms')
    .prefault('1s'),
  /** Must be at least three times controlplane.http_timeout; the controller gives none outside 1 s to 10 min */
  lease: durationMs()
    .refine((ms) => ms >= 1000 && ms <= 600_000, 'must be 1s to 10m')
    .prefault('90s'),
  /** '' = the host's name; every process adds a random part of its own */
  worker_id: z
    .string()
    .regex(/^[A-Za-z0-9._-]{0,128}$/)
    .default(''),
  admin_host: z.string().default('127.0.0.1'),
  /** 0 = any free one, named in the log: several workers share a machine without anybody numbering them */
  admin_port: port.default(0),
  /** For pushes in flight after SIGTERM */
  shutdown_timeout: durationMs().prefault('15s'),
});

const schema = z.strictObject({
  log: logSettings.prefault({}),
  tracing: tracingSettings.prefault({}),
  redis: redisSettings.prefault({}),
  controller: z
    .strictObject({
      controlplane: controlplaneSettings.prefault({}),
      sync: z.strictObject({ token: secret().prefault('') }).prefault({}),
    })
    .prefault({}),
  apim_sync: apimSync.prefault({}),
});

/** Prefixes of `config.toml` that other programs read; of `[controller]` a part is ours too */
const FOREIGN = ['controller', 'router', 'policy_configurations', 'simulator', 'api_key'];

export type Settings = z.output<typeof schema>;

export interface SyncConfig extends Settings {
  /** Of this process: a restarted worker is another one, its leases are not ours */
  readonly workerId: string;
  /** PEM, read at start; null = what Node trusts */
  readonly apimCa: string | null;
  readonly controllerCa: string | null;
}

/** The only reader of arguments and environment. Throws ConfigError with every problem at once. */
export function readConfig(argv?: readonly string[], env?: NodeJS.ProcessEnv): SyncConfig {
  const settings = loadConfig({
    schema,
    foreign: FOREIGN,
    ...(argv === undefined ? {} : { argv }),
    ...(env === undefined ? {} : { env }),
  });
  const problems = [...exposures(settings), ...leaseProblems(settings)];
  const apimCa = readPem(settings.controller.controlplane.ca_file, 'controller.controlplane.ca_file', problems);
  const controllerCa = readPem(settings.apim_sync.tls.ca_file, 'apim_sync.tls.ca_file', problems);
  if (problems.length > 0) throw new ConfigError(problems);
  const workerId = `${settings.apim_sync.worker_id || hostname()}/${randomBytes(4).toString('hex')}`;
  return Object.freeze({ ...settings, workerId, apimCa, controllerCa });
}

/** Every setting with its value and where that comes from. @throws ConfigError as `readConfig` */
export function effectiveSettings(argv: readonly string[], env: NodeJS.ProcessEnv): EffectiveValue[] {
  readConfig(argv, env);
  return effectiveConfig({ schema, foreign: FOREIGN, argv, env });
}

/** Decisions 10 and 27: what would leave this machine without protection, and the setting that mends it. */
function exposures({ apim_sync, controller }: Settings): string[] {
  const problems: string[] = [];
  if (!isLoopback(apim_sync.admin_host)) {
    problems.push('apim_sync.admin_host is not loopback, and the admin port has no credentials: set it to 127.0.0.1');
  }
  if (!isLoopback(hostOf(apim_sync.controller_address)) && !apim_sync.tls.enabled) {
    problems.push(
      'apim_sync.controller_address is not loopback: the sync token travels only over TLS, set apim_sync.tls.enabled = true',
    );
  }
  if (controller.sync.token.reveal() === '')
    problems.push('controller.sync.token is not set: give controller and apim-sync the same secret');
  return problems;
}

/** A lease must outlive every exchange that was sent under it (architecture, "Fencing reaches APIM"). */
function leaseProblems({ apim_sync, controller }: Settings): string[] {
  const least = 3 * controller.controlplane.http_timeout;
  return apim_sync.lease >= least
    ? []
    : [`apim_sync.lease must be at least three times controller.controlplane.http_timeout (${least} ms)`];
}

function readPem(file: string, setting: string, problems: string[]): string | null {
  if (file === '') return null;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    problems.push(`${setting}: ${error instanceof Error ? error.message : String(error)}`);
    return null;
  }
}

function hostOf(address: string): string {
  return address.slice(0, Math.max(address.lastIndexOf(':'), 0)) || address;
}
