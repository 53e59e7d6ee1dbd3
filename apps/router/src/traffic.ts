import { deniedNetworks, type Logger, type Tracing } from '@tidegate/process';

import type { NodeIssue } from '@tidegate/gateway-ir';
import { certificateIssues, LISTENER, readCertificates, uploadedCertificates } from './admin/certificate-issues.ts';
import { inFlightByEnvironment } from './admin/in-flight.ts';
import { createMetrics, type RouterMetrics } from './admin/metrics.ts';
import type { Config } from './config.ts';
import type { Held } from './discovery/held.ts';
import type { RunningExchange } from './exchange/running-exchange.ts';
import { createAccessLog } from './listener/access-log.ts';
import { trustOf } from './listener/client-address.ts';
import { readIdentity, watchIdentity } from './listener/identity-files.ts';
import { type Listener, startListener } from './listener/listener.ts';
import { requestSpan } from './listener/request-span.ts';
import type { Inherited } from './runtime/take-over.ts';
import { startStreamListener } from './stream-engine/stream-listener.ts';
import type { LiveTable } from './policy-host/live-table.ts';
import { isOut } from './upstream/endpoint-load.ts';
import { openClientIdentities } from './upstream/client-identities.ts';
import { createEndpoints } from './upstream/endpoints.ts';
import { createHttpProxyEngine } from './upstream/http-proxy-engine.ts';
import { createResolver, type ResolveAll } from './upstream/resolver.ts';
import { createTargetPicker } from './upstream/target-picker.ts';
import { createUpstreamTls } from './upstream/upstream-tls.ts';

export interface TrafficOptions {
  readonly router: Omit<Config['router'], 'discovery'>;
  readonly live: LiveTable;
  /** What /_gateway-health/ready says */
  readonly ready: () => boolean;
  /** Gets whole access lines */
  readonly accessSink: (lines: string) => void;
  /** Ports of a process that goes, in place of new ones */
  readonly inherited?: Inherited;
  readonly logger: Logger;
  /** Absent or `null` = spans go nowhere */
  readonly tracing?: Tracing | null;
  /** How names are resolved; absent = as the system does */
  readonly resolve?: ResolveAll;
  /** Others of this router listen on the same ports; absent = nobody does */
  readonly sharesPorts?: boolean;
}

/** Everything between a client and an upstream. */
export interface Traffic {
  readonly port: number;
  /** `null` = no TLS */
  readonly tlsPort: number | null;
  readonly inFlight: number;
  /** What listens, for a successor; throws where several threads listen */
  servers(): ReturnType<Listener['servers']>;
  readonly metrics: TrafficMetrics;
  /** No new connections: whoever comes from now on is another process's. Those that are open are served on. */
  stopAccepting(): void;
  /** What is wrong with what it listens with, and with the certificates it uses */
  issues(): NodeIssue[];
  /** Names in the listener's certificate; `null` = no TLS */
  tlsNames(): string | null;
  /** Requests under way by environment; those without any are absent */
  inFlightByEnvironment(): Record<string, number>;
  /** Gives this table to whoever serves beside the caller; resolves when all do. Absent = nobody else does */
  spread?(held: Held): Promise<void>;
  /** Brings into effect what of these settings needs no start; exchanges that have begun go on as they began. */
  tune(router: TrafficOptions['router']): void;
  /** From now on answers ask their clients to go elsewhere (`Connection: close`); everything is still served. */
  announceDrain(): void;
  /** Answers with `Connection: close`, stops accepting, waits for requests in flight; resolves to how many had to be cut. */
  drain(timeoutMs: number): Promise<number>;
}

export interface TrafficMetrics extends Pick<RouterMetrics, 'totals'> {
  /** For what else there is to tell of this process */
  readonly registry: RouterMetrics['registry'];
  /** All of it, as Prometheus reads it */
  scrape(): Promise<string>;
}

/** Rejects when the port is taken, the CA file cannot be read or a setting is wrong: nothing is served then. */
export async function openTraffic({
  router,
  live,
  ready,
  accessSink,
  inherited,
  logger,
  tracing = null,
  resolve,
  sharesPorts = false,
}: TrafficOptions): Promise<Traffic> {
  const { enabled: logged, format } = router.access_logs;
  const accessLog = logged ? createAccessLog({ sink: accessSink, format, now: Date.now }) : null;
  let inFlight = (): number => 0;
  const isDenied = deniedNetworks(router.upstream.denied_networks);
  const resolver = createResolver({
    ...(resolve !== undefined && { resolve }),
    refreshMs: router.upstream.dns.refresh_interval,
    isDenied,
    onState: (name, problem) =>
      problem === null ? logger.debug({ name }, 'Name resolved') : logger.warn({ name, problem }, 'Name cannot be resolved'),
  });
  const identities = openClientIdentities({
    files: router.upstream.tls.client_certificates,
    everyMs: router.downstream_tls.reload_interval,
    onChange(name) {
      endpoints.renewTls();
      logger.info({ name }, 'Client certificate towards upstreams changed');
    },
    onProblem: (name, error) => logger.error({ err: error, name }, 'Client certificate cannot be read; the old one stays'),
  });
  const endpoints = createEndpoints({
    overrides: router.upstream.host_overrides,
    tls: createUpstreamTls({
      caFile: router.upstream.tls.ca_file,
      uploaded: () => live.trusted.pems,
      identityFor: (host, port) => identities.of(host, port),
    }),
    resolver,
    isDenied,
    onOverride: (from, to) => logger.info({ from, to }, 'Upstream host override in use'),
  });
  live.trusted.onChange(() => endpoints.renewTls());
  let ownSockets = (): { idle: number; busy: number } => ({ idle: 0, busy: 0 });
  const upstreamSockets = () => added(endpoints.sockets(), ownSockets());
  const metrics = createMetrics(live, { inFlight: () => inFlight(), upstreamSockets });
  const { downstream_tls: downstreamTls } = router;
  const files = { certPath: downstreamTls.cert_path, keyPath: downstreamTls.key_path };
  const identity = router.https_enabled ? readIdentity(files) : null;
  let own = identity === null ? [] : readCertificates(identity.cert, LISTENER);
  let uploaded = uploadedCertificates(live.trusted.pems);
  live.trusted.onChange(() => void (uploaded = uploadedCertificates(live.trusted.pems)));
  let listenerProblem: string | null = null;
  let closing = false;
  // Read by every exchange, written by tune() alone.
  const limits = limitsOf(router);
  const start = router.engine === 'stream' ? startStreamListener : startListener;
  const listener = await start({
    host: router.host,
    port: router.listener_port,
    sharesPorts,
    tls: identity === null ? null : { port: router.https_port, identity },
    connectionsMax: router.http_listener.connections_max,
    // Looked at for h2c, a connection has bytes put back that only its own socket knows of.
    sharedReads: router.http_listener.shared_reads && !router.http_listener.h2c,
    http2: { tls: router.http_listener.http2, plain: router.http_listener.h2c },
    ...(inherited === undefined ? {} : { inherited }),
    clientTimeouts: {
      headMs: router.http_listener.timeouts.request_headers_timeout,
      idleMs: router.http_listener.timeouts.idle_timeout,
    },
    serverHeader: router.server_header,
    requests: {
      engine: createHttpProxyEngine(),
      style: { serverHeader: router.server_header, closing: () => closing },
      table: () => live.table,
      ready,
      trusted: trustOf(router.trusted_proxies),
      sample: tracing !== null ? () => tracing.sample() : router.trace_context ? () => false : null,
      exchange: Object.assign(limits, {
        endpoints,
        pickTarget: createTargetPicker((target) => isOut(endpoints.of(target).load, performance.now())),
        onPolicyError(error: unknown, errorId: string, { route, requestId }: RunningExchange) {
          metrics.policyFailed();
          logger.error({ err: error, errorId, requestId, api: route.apiHandle, route: route.id }, 'A policy failed');
        },
      }),
      onDone(entry, route) {
        accessLog?.write(entry);
        metrics.count(entry, route);
        if (tracing !== null && entry.trace?.sampled === true) tracing.record(requestSpan(entry, entry.trace));
      },
    },
  });
  inFlight = () => listener.inFlight;
  ownSockets = () => listener.sockets();
  const unwatch =
    identity === null
      ? () => undefined
      : watchIdentity(files, identity, {
          everyMs: downstreamTls.reload_interval,
          onChange(changed) {
            listener.setIdentity(changed);
            own = readCertificates(changed.cert, LISTENER);
            listenerProblem = null;
            logger.info({ file: files.certPath }, 'Listener certificate changed');
          },
          onProblem(error) {
            listenerProblem = `The listener's certificate cannot be read; the old one stays: ${error instanceof Error ? error.message : String(error)}`;
            logger.error({ err: error, file: files.certPath }, 'Listener certificate cannot be read; the old one stays');
          },
        });

  return {
    port: listener.port,
    tlsPort: listener.tlsPort,
    get inFlight() {
      return listener.inFlight;
    },
    servers: () => listener.servers(),
    issues: () => [
      ...certificateIssues([...own, ...uploaded], Date.now()),
      ...(listenerProblem === null ? [] : [{ code: 'LISTENER_FAILED', isError: true, detail: listenerProblem }]),
    ],
    tlsNames: () => (identity === null ? null : (own.map(({ names }) => names)[0] ?? '')),
    inFlightByEnvironment: () => inFlightByEnvironment(live.table),
    stopAccepting() {
      const { plain, tls } = listener.servers();
      plain.close();
      tls?.close();
    },
    metrics: { registry: metrics.registry, totals: metrics.totals, scrape: () => metrics.registry.metrics() },
    tune: (changed) => void Object.assign(limits, limitsOf(changed)),
    announceDrain() {
      closing = true;
    },
    async drain(timeoutMs) {
      closing = true;
      unwatch();
      const cut = await listener.drain(timeoutMs);
      endpoints.close();
      identities.stop();
      resolver.stop();
      accessLog?.flush();
      return cut;
    },
  };
}

function limitsOf({ upstream, http_listener }: TrafficOptions['router']) {
  const { connect_timeout_ms: connectMs, route_timeout_ms: routeMs, route_idle_timeout_ms: idleMs } = upstream.timeouts;
  return {
    inFlightMax: upstream.in_flight_max,
    timeouts: { connectMs, routeMs, idleMs },
    bufferBytesMax: http_listener.per_connection_buffer_limit_bytes,
  };
}

/** Of authorities only their end matters: when it is past, upstreams of theirs are not trusted any more. */

interface Sockets {
  readonly idle: number;
  readonly busy: number;
}

function added(a: Sockets, b: Sockets): Sockets {
  return { idle: a.idle + b.idle, busy: a.busy + b.busy };
}
