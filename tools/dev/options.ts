import { parseArgs } from 'node:util';

/** Every listener of the stack: its flag, its default, and the setting it becomes. */
export const listeners = {
  api: { flag: 'port-api', port: 9090, what: 'management API', setting: 'controller.server.port' },
  grpc: { flag: 'port-grpc', port: 18_000, what: 'gRPC for routers and apim-sync', setting: 'controller.server.grpc_port' },
  admin: { flag: 'port-admin', port: 9092, what: "controller's admin port", setting: 'controller.admin_server.port' },
  metrics: { flag: 'port-metrics', port: 9091, what: "controller's metrics", setting: 'controller.metrics.port' },
  router: { flag: 'port-router', port: 8080, what: 'router', setting: 'router.listener_port' },
  routerTls: { flag: 'port-router-tls', port: 8443, what: "router's TLS port", setting: 'router.https_port' },
  routerAdmin: { flag: 'port-router-admin', port: 9002, what: "router's admin port", setting: 'router.admin_port' },
  routerMetrics: { flag: 'port-router-metrics', port: 9003, what: "router's metrics", setting: 'router.metrics_port' },
  syncAdmin: { flag: 'port-sync-admin', port: 9004, what: "apim-sync's admin port", setting: 'apim_sync.admin_port' },
  apim: { flag: 'port-apim', port: 9443, what: 'APIM simulator', setting: 'simulator.port' },
  petstore: { flag: 'port-petstore', port: 9543, what: 'sample petstore', setting: null },
  postgres: { flag: 'port-postgres', port: 15_432, what: 'embedded PostgreSQL', setting: null },
  redis: { flag: 'port-redis', port: 16_379, what: 'redis-server', setting: null },
} as const;
export type Listener = keyof typeof listeners;
export const listenerNames = Object.keys(listeners) as readonly Listener[];

/** What was asked for on the command line. A port that is absent was not asked for. */
export type Options = {
  readonly help: boolean;
  readonly verbose: boolean;
  readonly reset: boolean;
  readonly simulator: boolean;
  readonly redis: boolean;
  readonly dataDir: string;
  readonly routers: number;
  readonly configFiles: readonly string[];
  readonly ports: Partial<Record<Listener, number>>;
};

export type ParsedOptions =
  | { readonly ok: true; readonly options: Options }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads the command line of `npm start -- …`; every problem at once. */
export function parseOptions(argv: readonly string[]): ParsedOptions {
  const problems: string[] = [];
  const { values } = parse(argv, problems);
  const ports: Partial<Record<Listener, number>> = {};
  for (const name of listenerNames) {
    const given = values[listeners[name].flag];
    if (typeof given !== 'string') continue;
    if (/^\d{1,5}$/.test(given) && Number(given) >= 1 && Number(given) <= 65_535) ports[name] = Number(given);
    else problems.push(`--${listeners[name].flag} takes a port from 1 to 65535, not "${given}"`);
  }
  const routers = textOr(values['routers'], '1');
  if (!/^([1-9]|1\d|20)$/.test(routers)) problems.push(`--routers takes a number from 1 to 20, not "${routers}"`);
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    options: {
      help: values['help'] === true,
      verbose: values['verbose'] === true,
      reset: values['reset'] === true,
      simulator: values['no-simulator'] !== true,
      redis: values['no-redis'] !== true,
      dataDir: textOr(values['data-dir'], '.tidegate'),
      routers: Number(routers),
      configFiles: Array.isArray(values['config']) ? values['config'].map(String) : [],
      ports,
    },
  };
}

const flags = {
  help: { type: 'boolean', short: 'h' },
  verbose: { type: 'boolean' },
  reset: { type: 'boolean' },
  'no-simulator': { type: 'boolean' },
  'no-redis': { type: 'boolean' },
  'data-dir': { type: 'string' },
  routers: { type: 'string' },
  config: { type: 'string', multiple: true },
  ...Object.fromEntries(listenerNames.map((name) => [listeners[name].flag, { type: 'string' }] as const)),
} as const;

function parse(argv: readonly string[], problems: string[]): { values: Record<string, unknown> } {
  try {
    return parseArgs({ args: [...argv], options: flags, strict: true, allowPositionals: false });
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
    return { values: {} };
  }
}

export const helpText = `npm start -- [options]      the whole of Tidegate on this machine; Ctrl-C stops it

  --data-dir DIR        where everything is kept: database, secrets, logs, generated config   (.tidegate)
  --config FILE.toml    your settings, laid over the defaults; may be repeated
  --routers N           how many routers; the next ones listen on the following ports         (1)
  --no-simulator        no simulated APIM (nor when controller.controlplane.host is set)
  --no-redis            no Redis even if there is one: everything runs on the sweep
  --reset               throw away what the data directory holds, then start
  --verbose             show every log line here; they are always in DIR/logs
  --help                this text

Ports
${listenerNames.map((name) => `  --${listeners[name].flag} N`.padEnd(24) + `${listeners[name].what} (${listeners[name].port})`).join('\n')}

Environment: every setting has a variable, e.g. APIP_GW_CONTROLLER__CONTROLPLANE__HOST, APIP_GW_LOG_LEVEL; REDIS_URL names a Redis to use.
`;

function textOr(value: unknown, fallback: string): string {
  return typeof value === 'string' ? value : fallback;
}
