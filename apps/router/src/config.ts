import { runtimeKey } from '@tidegate/gateway-ir';
import {
  ConfigError,
  durationMs,
  effectiveConfig,
  type EffectiveValue,
  isLoopback,
  loadConfig,
  logSettings,
  secret,
  tracingSettings,
} from '@tidegate/process';
import { z } from 'zod';

const port = z.int().min(0).max(65_535);
const positiveMs = z.int().min(1);

function clientTimeout(usual: string) {
  return durationMs()
    .refine((ms) => ms >= 1_000 && ms <= 3_600_000, 'must be from 1s to 1h')
    .prefault(usual);
}

const discovery = z.object({
  /** "host:port" of the controller's gRPC port */
  address: z.string().default('localhost:18000'),
  tls: z.object({
    enabled: z.boolean().default(false),
    /** PEM of the authority to trust; "" = the system's. Read again when it changes, as are those below */
    ca_file: z.string().default(''),
    /** PEM: what this router shows where controllers want a certificate (controller.server.grpc_tls.client_ca_file); "" = nothing */
    cert_file: z.string().default(''),
    key_file: z.string().default(''),
  }),
  /** Exchanged once for a node credential, which is then kept in state_dir; may stay configured */
  join_token: secret().prefault(''),
  /** Stable name of this node; "" = host name and a random part, kept in state_dir */
  node_id: z
    .string()
    .regex(/^[A-Za-z0-9._-]{0,128}$/)
    .default(''),
  /** Credential, sealed last-good table and revoked keys. One router process per directory */
  state_dir: z.string().default('.tidegate/router'),
});

const upstream = z.object({
  /** Requests under way to one target at once; more are answered 503 with Retry-After */
  in_flight_max: z.int().min(1).default(4096),
  /** "host[:port]" of a document → "host:port" to connect to instead; the name stays for Host, SNI and verification */
  host_overrides: z.record(z.string(), z.string().regex(/^.+:\d{1,5}$/, 'must be "host:port"')).default({}),
  tls: z.object({
    /** PEM file with authorities to trust beside the system's and those that users upload */
    ca_file: z.string().default(''),
    /** "host[:port]" of a document, or "*" for all → what this router shows there (PEM). Read again when the files change */
    client_certificates: z.record(z.string(), z.object({ cert_path: z.string(), key_path: z.string() })).default({}),
  }),
  dns: z.object({
    /** How often names in use are looked up again; connections follow. While that fails the last answer stays, for ten minutes */
    refresh_interval: durationMs().prefault('5s'),
  }),
  /** Networks ("169.254.0.0/16") and addresses that no document can lead to, whatever its names resolve to; empty = all are open */
  denied_networks: z.array(z.string()).default([]),
  timeouts: z.object({
    connect_timeout_ms: positiveMs.default(5_000),
    /** Whole response; 0 = no bound */
    route_timeout_ms: z.int().min(0).default(60_000),
    /** 0 = no bound */
    route_idle_timeout_ms: z.int().min(0).default(300_000),
  }),
});

const schema = z.object({
  log: logSettings,
  tracing: tracingSettings,
  router: z.object({
    host: z.string().default('127.0.0.1'),
    listener_port: port.default(8080),
    /** "stream": on sockets, fast. "http-proxy": the conservative path, node:http and http-proxy-3, for all traffic */
    engine: z.enum(['stream', 'http-proxy']).default('stream'),
    /** Threads that serve, sharing the ports; 0 = one for each processor this process may use */
    workers: z.int().min(0).max(128).default(1),
    /** A second port, with TLS */
    https_enabled: z.boolean().default(false),
    https_port: port.default(8443),
    downstream_tls: z.object({
      /** PEM: the certificate and its chain, and the private key. Read again when they change */
      cert_path: z.string().default('./listener-certs/default-listener.crt'),
      key_path: z.string().default('./listener-certs/default-listener.key'),
      /** How often the files are looked at */
      reload_interval: durationMs().prefault('10s'),
    }),
    admin_host: z.string().default('127.0.0.1'),
    admin_port: port.default(9002),
    /** Other than loopback: readable by whoever reaches it, for scrapers elsewhere; there is no secret in metrics */
    metrics_host: z.string().default('127.0.0.1'),
    metrics_port: port.default(9003),
    server_header: z.string().default('tidegate'),
    /** Addresses and networks whose X-Forwarded-* headers are believed; empty = nobody's */
    trusted_proxies: z.array(z.string()).default([]),
    /** One line per request on standard output */
    access_logs: z.object({ enabled: z.boolean().default(true), format: z.enum(['json', 'text']).default('json') }),
    /** W3C traceparent is continued or started, sent upstream and named in the access line */
    trace_context: z.boolean().default(true),
    /** After SIGTERM: how long to go on accepting while not ready, so that balancers notice */
    drain_delay: durationMs().prefault('1s'),
    /** Then: how long requests in flight may take */
    drain_timeout: durationMs().prefault('15s'),
    http_listener: z.object({
      /** Client connections at once; more are closed as they come. Each has one request in flight at most */
      connections_max: z.int().min(1).default(10_000),
      timeouts: z.object({
        /** From the first byte of a request to the end of its header block, and from a new connection to its first request; then 408 */
        request_headers_timeout: clientTimeout('60s'),
        /** Between requests: longer than the usual 60 s of balancers in front, so that they are the ones who close */
        idle_timeout: clientTimeout('65s'),
      }),
      /** The stream engine reads plain connections into one buffer, unless a test at start finds that this Node cannot */
      shared_reads: z.boolean().default(true),
      /** HTTP/2 on the TLS port, by ALPN */
      http2: z.boolean().default(true),
      /** HTTP/2 without TLS on listener_port, from clients that know of it beforehand */
      h2c: z.boolean().default(false),
      /** Largest body a policy may ask to see whole */
      per_connection_buffer_limit_bytes: z.int().min(1).default(1_048_576),
    }),
    discovery,
    updates: z.object({
      /** Ed25519, PEM or base64 of its SPKI: who may sign runtimes that this node runs; "" = nobody, the image's own is the only one */
      public_key: z.string().default('').refine(isRuntimeKey, 'must be an Ed25519 public key: PEM, or base64 of its SPKI'),
    }),
    upstream,
    /** The compiler's defaults, read by gateway-controller; accepted here because the table is shared */
    policy_merge: z.enum(['override', 'additive']).default('override'),
    vhosts: z.object({
      main: z.object({ default: z.string().default('*') }),
      sandbox: z.object({ default: z.string().default('sandbox-*') }),
    }),
  }),
  /** System parameters of policies: `[policy_configurations.<name>_<version>]` */
  policy_configurations: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
});

/** Prefixes of `config.toml` that other programs read */
const FOREIGN = ['controller', 'apim_sync', 'redis', 'simulator', 'api_key'];

function isRuntimeKey(text: string): boolean {
  if (text === '') return true;
  try {
    runtimeKey(text);
    return true;
  } catch {
    return false;
  }
}

export type Config = z.output<typeof schema>;

/** The only reader of arguments and environment. Throws ConfigError with every problem at once. */
export function readConfig(argv?: readonly string[], env?: NodeJS.ProcessEnv): Config {
  const config = loadConfig({
    schema,
    foreign: FOREIGN,
    ...(argv === undefined ? {} : { argv }),
    ...(env === undefined ? {} : { env }),
  });
  const problems = exposures(config);
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** Every setting with its value and where that comes from. @throws ConfigError as `readConfig` */
export function effectiveSettings(argv: readonly string[], env: NodeJS.ProcessEnv): EffectiveValue[] {
  readConfig(argv, env);
  return effectiveConfig({ schema, foreign: FOREIGN, argv, env });
}

/** Decisions 10 and 27: what would leave this machine without protection, and the setting that mends it. */
function exposures({ router }: Config): string[] {
  const problems: string[] = [];
  if (!isLoopback(router.admin_host)) {
    problems.push('router.admin_host is not loopback, and the admin port has no credentials: set it to 127.0.0.1');
  }
  if (!isLoopback(hostOf(router.discovery.address)) && !router.discovery.tls.enabled) {
    problems.push(
      'router.discovery.address is not loopback: tokens travel only over TLS, set router.discovery.tls.enabled = true',
    );
  }
  return problems;
}

function hostOf(address: string): string {
  return address.slice(0, Math.max(address.lastIndexOf(':'), 0)) || address;
}
