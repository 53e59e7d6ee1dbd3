import { parseProperty, RUNTIME_PROPERTIES, type RuntimeProperty } from '@tidegate/gateway-ir';

import type { Config } from '../config.ts';

/** Values as the controller sends them, by name. */
export type SettingValues = Readonly<Record<string, string>>;

export interface Overlaid {
  readonly config: Config;
  /** Names this release does not know, and values it does not take: everything else holds */
  readonly refused: readonly string[];
}

/** The node's own configuration with what users set for its gateway laid over it. */
export function overlay(config: Config, values: SettingValues): Overlaid {
  const refused: string[] = [];
  let overlaid = config;
  for (const [name, text] of Object.entries(values)) {
    if (name.startsWith('x-')) continue;
    const property = RUNTIME_PROPERTIES.find((one) => one.name === name);
    const place = PLACES[name];
    const parsed = property === undefined ? null : parseProperty(property, text);
    if (place === undefined || parsed === null || !parsed.ok) refused.push(name);
    else overlaid = place.write(overlaid, parsed.value);
  }
  return { config: overlaid, refused };
}

/** Every property as this configuration has it, as text. */
export function valuesOf(config: Config): Record<string, string> {
  return Object.fromEntries(Object.entries(PLACES).map(([name, { read }]) => [name, String(read(config))]));
}

/** Properties that differ between what runs and what is wanted, and that only a start brings into effect. */
export function waitingFor(running: Config, wanted: Config): string[] {
  return changedAmong(running, wanted, ({ live }) => !live);
}

/** What runs, with every property of `wanted` that needs no start. */
export function withLive(running: Config, wanted: Config): Config {
  const names = changedAmong(running, wanted, ({ live }) => live);
  return names.reduce((config, name) => PLACES[name]?.write(config, PLACES[name].read(wanted)) ?? config, running);
}

function changedAmong(running: Config, wanted: Config, of: (property: RuntimeProperty) => boolean): string[] {
  return RUNTIME_PROPERTIES.filter(of)
    .map(({ name }) => name)
    .filter((name) => PLACES[name]?.read(running) !== PLACES[name]?.read(wanted));
}

type Value = string | number | boolean;

interface Place {
  readonly read: (config: Config) => Value;
  /** The value has been parsed as the property's kind says */
  readonly write: (config: Config, value: Value) => Config;
}

const inRouter = (
  read: (router: Config['router']) => Value,
  change: (router: Config['router'], value: Value) => object,
): Place => ({
  read: ({ router }) => read(router),
  write: (config, value) => ({ ...config, router: { ...config.router, ...change(config.router, value) } }),
});

const timeout = (key: keyof Config['router']['upstream']['timeouts']): Place =>
  inRouter(
    ({ upstream }) => upstream.timeouts[key],
    ({ upstream }, value) => ({ upstream: { ...upstream, timeouts: { ...upstream.timeouts, [key]: value } } }),
  );

const PLACES: Readonly<Record<string, Place>> = {
  logLevel: {
    read: ({ log }) => log.level,
    write: (config, value) => ({ ...config, log: { ...config.log, level: value as Config['log']['level'] } }),
  },
  drainDelaySeconds: inRouter(
    (router) => router.drain_delay / 1000,
    (_, value) => ({ drain_delay: Number(value) * 1000 }),
  ),
  drainTimeoutSeconds: inRouter(
    (router) => router.drain_timeout / 1000,
    (_, value) => ({ drain_timeout: Number(value) * 1000 }),
  ),
  accessLog: inRouter(
    (router) => router.access_logs.enabled,
    ({ access_logs }, value) => ({ access_logs: { ...access_logs, enabled: value } }),
  ),
  serverHeader: inRouter(
    (router) => router.server_header,
    (_, value) => ({ server_header: value }),
  ),
  connectionsMax: inRouter(
    ({ http_listener }) => http_listener.connections_max,
    ({ http_listener }, value) => ({ http_listener: { ...http_listener, connections_max: value } }),
  ),
  connectTimeoutMs: timeout('connect_timeout_ms'),
  requestTimeoutMs: timeout('route_timeout_ms'),
  idleTimeoutMs: timeout('route_idle_timeout_ms'),
  upstreamInFlightMax: inRouter(
    ({ upstream }) => upstream.in_flight_max,
    ({ upstream }, value) => ({ upstream: { ...upstream, in_flight_max: value } }),
  ),
  bufferBytesMax: inRouter(
    ({ http_listener }) => http_listener.per_connection_buffer_limit_bytes,
    ({ http_listener }, value) => ({ http_listener: { ...http_listener, per_connection_buffer_limit_bytes: value } }),
  ),
};
