import { fileURLToPath } from 'node:url';

import { runtimeKey } from '@tidegate/gateway-ir';
import { ROLES } from '@tidegate/management-api';
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
  type Secret,
  tracingSettings,
} from '@tidegate/process';
import { isHostPattern } from '@tidegate/rest-api';
import { controlplaneSettings } from '@tidegate/sync-link';
import { z } from 'zod';

const port = z.int().min(0).max(65_535);

/** `password` is plain text, or with `password_hashed` a bcrypt or argon2id string. */
const basicUser = z
  .strictObject({
    username: z.string().min(1),
    password: secret(),
    password_hashed: z.boolean().default(false),
    roles: z.array(z.enum(ROLES)).default([]),
  })
  .refine((user) => !user.password_hashed || HASHES.some((form) => form.test(user.password.reveal())), {
    path: ['password'],
    message: 'is no bcrypt ($2a$, $2b$, $2y$) and no argon2id hash, but password_hashed = true',
  });

const HASHES = [/^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/, /^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/];

const server = z.strictObject({
  gateway_id: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/)
    .default('default'),
  host: z.string().default('127.0.0.1'),
  // Two names of one setting each: the guide's first, WSO2's second
  port: port.optional(),
  api_port: port.optional(),
  grpc_host: z.string().default('127.0.0.1'),
  grpc_port: port.optional(),
  xds_port: port.optional(),
  grpc_tls: z
    .strictObject({
      cert_file: z.string().default(''),
      key_file: z.string().default(''),
      // PEM of the authority of routers and apim-syncs: they must show a certificate of it. '' = tokens alone say who they are
      client_ca_file: z.string().default(''),
      // How often the files are looked at
      reload_interval: durationMs()
        .refine((ms) => ms > 0, 'must be more than 0')
        .prefault('10s'),
    })
    .prefault({}),
  public_hosts: z.array(z.string()).default([]),
  // Addresses or networks of reverse proxies whose X-Forwarded-For is believed
  trusted_proxies: z.array(z.string()).default([]),
  shutdown_timeout: durationMs().prefault('15s'),
});

/** Console sessions: `lifetime` from sign-in whatever happens, `idle` since the last request. */
const session = z.strictObject({
  lifetime: durationMs().prefault('12h'),
  idle: durationMs().prefault('1h'),
  // The cookie travels over TLS alone; absent = unless the management API listens on loopback
  secure_cookie: z.boolean().optional(),
});

/** An identity provider whose access tokens sign people and machines in (`Authorization: Bearer`). */
const idp = z
  .strictObject({
    enabled: z.boolean().default(false),
    // https, or http on this machine: who can change the answer decides who is an administrator
    jwks_url: z.string().default(''),
    issuer: z.string().default(''),
    // Any of them; none = whatever audience
    audience: z.array(z.string().min(1)).default([]),
    // A claim, or a path to one (`realm_access.roles`)
    roles_claim: z.string().default('roles'),
    // Role of ours → values of the claim; `*` = every token. None = the values are our roles
    role_mapping: z.partialRecord(z.enum(ROLES), z.array(z.string().min(1))).default({}),
  })
  .superRefine((settings, { addIssue }) => {
    if (!settings.enabled) return;
    const wrong = (field: string, message: string) => addIssue({ code: 'custom', path: [field], message });
    if (!isTrustworthy(settings.jwks_url)) wrong('jwks_url', 'must be an https URL (http only on this machine)');
    if (settings.issuer === '') wrong('issuer', 'is required with enabled = true');
    if (settings.roles_claim === '') wrong('roles_claim', 'must not be empty');
    const everyone = Object.values(settings.role_mapping).filter((values) => values.includes('*'));
    if (everyone.length > 1) wrong('role_mapping', '"*" may stand for one role only');
  });

function isTrustworthy(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)));
}

const postgres = z.strictObject({
  dsn: secret().prefault(''),
  host: z.string().default('localhost'),
  port: port.default(5432),
  database: z.string().default('gateway'),
  user: z.string().default('gateway'),
  password: secret().prefault(''),
  // Absent: `disable` for a database on this machine, `require` for any other
  sslmode: z.enum(['disable', 'require', 'verify-ca', 'verify-full']).optional(),
  // PEM file of the authority; absent = those Node trusts
  sslrootcert: z.string().default(''),
  connect_timeout: durationMs().prefault('5s'),
  // A server that takes longer, or a connection that leads nowhere, is given up. Migrations may take as long as they need
  query_timeout: durationMs().prefault('30s'),
  max_open_conns: z.int().min(2).max(1000).default(25),
  conn_max_idle_time: durationMs().prefault('5m'),
  application_name: z.string().default('gateway-controller'),
});

/** Of a key that nobody should find by trying. */
const WEBHOOK_SECRET_LENGTH_MIN = 16;

/** Who is told, and of what: a type ("sync.failed"), all of a family ("sync"), or "*". */
const webhookEndpoint = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
  url: z.url({ protocol: /^https?$/ }),
  // Of the signature
  secret: secret().refine(
    (given) => given.reveal().length >= WEBHOOK_SECRET_LENGTH_MIN,
    `must have at least ${WEBHOOK_SECRET_LENGTH_MIN} characters`,
  ),
  events: z.array(z.string().min(1)).default(['*']),
  // May lie on a private network or this machine, and be plain http
  allow_private: z.boolean().default(false),
});

/** What a document may write there, without the word that stands for this very setting. */
const vhost = z.string().refine((text) => hostsIn(text).every((host) => host !== '_gateway_default_' && isHostPattern(host)), {
  message: 'must be a host name without port, "*.suffix", "prefix*" or "*"',
});

function isRuntimeKey(text: string): boolean {
  if (text === '') return true;
  try {
    runtimeKey(text);
    return true;
  } catch {
    return false;
  }
}

/** `;` between several */
function hostsIn(text: string): string[] {
  return text.split(';').map((host) => host.trim().toLowerCase());
}

/** The rest of `[router]` is the routers'; these are what documents are compiled with. */
const router = z.strictObject({
  policy_merge: z.enum(['override', 'additive']).default('override'),
  upstream: z
    .strictObject({
      /** Networks and addresses that no document may name; routers look at what names resolve to */
      denied_networks: z.array(z.string()).default([]),
    })
    .prefault({}),
  vhosts: z
    .strictObject({
      main: z.strictObject({ default: vhost.default('*') }).prefault({}),
      sandbox: z
        .strictObject({ default: vhost.refine((text) => !text.includes(';'), 'must be one host').default('sandbox-*') })
        .prefault({}),
    })
    .prefault({})
    .refine(({ main, sandbox }) => !hostsIn(main.default).includes(hostsIn(sandbox.default)[0] ?? ''), {
      path: ['sandbox', 'default'],
      message: 'is also a default of router.vhosts.main; they must differ',
    }),
});

/** 32 bytes, raw in a file, or as hexadecimal or base64 in either. */
const encryptionKey = z
  .strictObject({
    version: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
    file: z.string().default(''),
    key: secret().prefault(''),
  })
  .refine(({ file, key }) => (file === '') !== (key.reveal() === ''), { message: 'must have either file or key' });

const ENV_PATTERN = /^[A-Za-z_][A-Za-z0-9_]*\*?$/;

/** Of a shared key that is hashed plainly: long enough that nobody guesses it. */
const ENROLMENT_KEY_LENGTH_MIN = 32;
const CONSOLE_BESIDE_BUNDLE = fileURLToPath(new URL('../console', import.meta.url));

const schema = z.strictObject({
  log: logSettings.prefault({}),
  tracing: tracingSettings.prefault({}),
  redis: redisSettings.prefault({}),
  controller: z
    .strictObject({
      server: server.prefault({}),
      admin_server: z.strictObject({ host: z.string().default('127.0.0.1'), port: port.default(9092) }).prefault({}),
      metrics: z
        .strictObject({ enabled: z.boolean().default(true), host: z.string().default('127.0.0.1'), port: port.default(9091) })
        .prefault({}),
      storage: z
        .strictObject({ migrate: z.enum(['auto', 'check']).default('auto'), postgres: postgres.prefault({}) })
        .prefault({}),
      auth: z
        .strictObject({
          basic: z.strictObject({ enabled: z.boolean().default(true), users: z.array(basicUser).optional() }).prefault({}),
          idp: idp.prefault({}),
          session: session.prefault({}),
        })
        .prefault({}),
      // Where the built console lies; of a bundle, beside it
      console: z.strictObject({ dir: z.string().default(CONSOLE_BESIDE_BUNDLE) }).prefault({}),
      sync: z.strictObject({ token: secret().prefault('') }).prefault({}),
      // The first key seals secrets, all of them open: a new one goes in front
      encryption: z
        .strictObject({
          providers: z
            .array(z.strictObject({ type: z.literal('aesgcm').default('aesgcm'), keys: z.array(encryptionKey).max(20) }))
            .max(1)
            .default([]),
        })
        .prefault({}),
      // Variables that `{{ env "NAME" }}` in a document may read: names, or PREFIX_* for all that begin so
      templates: z.strictObject({ env: z.array(z.string().regex(ENV_PATTERN)).max(1000).default([]) }).prefault({}),
      controlplane: controlplaneSettings.prefault({}),
      notifications: z
        .strictObject({
          // Signs the webhooks of subscriptions (at least 32 characters); "" = derived from controller.sync.token
          signing_key: secret()
            .prefault('')
            .refine((key) => key.reveal() === '' || key.reveal().length >= 32, 'must have at least 32 characters'),
          smtp: z
            .strictObject({
              /** "" = no mail is sent, and nobody can subscribe to any */
              host: z.string().default(''),
              port: z.int().min(1).max(65_535).default(587),
              /** TLS from the first byte, as on port 465; else STARTTLS where the server offers it */
              secure: z.boolean().default(false),
              /** Without STARTTLS nothing is sent */
              require_tls: z.boolean().default(true),
              user: z.string().default(''),
              password: secret().prefault(''),
              from: z.string().default('Tidegate <tidegate@localhost>'),
            })
            .prefault({}),
        })
        .prefault({}),
      webhooks: z
        .strictObject({
          endpoints: z
            .array(webhookEndpoint)
            .max(20)
            .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'must have different names')
            .default([]),
        })
        .prefault({}),
      discovery: z
        .strictObject({
          heartbeat: durationMs().prefault('5s'),
          lease: durationMs().prefault('15s'),
          credential_lifetime: durationMs().prefault('720h'),
          // Lets nodes of an autoscaled fleet join this installation's own gateway, any number at any time (ADR 0010); '' = none do
          enrolment_key: secret()
            .prefault('')
            .refine(
              (key) => key.reveal() === '' || key.reveal().length >= ENROLMENT_KEY_LENGTH_MIN,
              `must have at least ${ENROLMENT_KEY_LENGTH_MIN} characters`,
            ),
        })
        .prefault({}),
      fleet: z
        .strictObject({
          /** Silence for longer, and a node that was ready counts as lost */
          lost_after: durationMs().prefault('60s'),
          /** From the boot of a node to ready */
          start_limit: durationMs().prefault('5m'),
          /** How long the routers of a migration's destination have to serve the environment */
          prepare_limit: durationMs().prefault('60s'),
          /** What install commands name: "host:port" of the discovery port as routers reach it; "" = localhost */
          discovery_address: z.string().default(''),
          router_image: z.string().default('tidegate/router'),
          /** Ed25519, PEM or base64 of its SPKI: who signs releases of the router runtime; "" = nobody, none can be published */
          runtime_key: z.string().default('').refine(isRuntimeKey, 'must be an Ed25519 public key: PEM, or base64 of its SPKI'),
          /** Lets users say in which week of its window a release is taken */
          release_schedule_enabled: z.boolean().default(false),
        })
        .prefault({}),
    })
    .prefault({}),
  router: router.prefault({}),
  api_key: z
    .strictObject({
      api_keys_per_user_per_api: z.int().min(1).default(10),
      min_key_length: z.int().min(16).default(36),
      max_key_length: z.int().max(1024).default(128),
    })
    .prefault({}),
});

export type Settings = z.output<typeof schema>;
export type BasicUser = z.output<typeof basicUser>;
export type IdpSettings = z.output<typeof idp>;
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
  const fits = (name: string) =>
    patterns.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name));
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) => (value !== undefined && fits(name) ? [[name, value] as const] : [])),
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
