import { type Logger, openTracing, startAdminServer } from '@tidegate/process';

import { createTokenSource } from './apim/access-token.ts';
import { createAuthorisedExchange } from './apim/authorised.ts';
import { openExchange } from './apim/exchange.ts';
import { createPublisher } from './apim/publisher.ts';
import type { SyncConfig } from './config.ts';
import { startDriftChecker } from './drift/drift-checker.ts';
import { startDoorbell } from './doorbell/doorbell.ts';
import { createConnector } from './link/connector.ts';
import { startLinkMonitor } from './link/link-monitor.ts';
import { startLinkReporter } from './link/link-reporter.ts';
import { gatewayBase, type HttpLink, isConnected, linkStateRequest, mayPush } from './link/link-status.ts';
import { createMetrics } from './metrics.ts';
import { connectController } from './sync/sync-client.ts';
import { startSyncWorker } from './sync/sync-worker.ts';
import { connectInbox } from './top-down/inbox-client.ts';
import { startTopDown } from './top-down/top-down.ts';

export interface ApimSync {
  readonly adminPort: number;
  stop(): Promise<void>;
}

const VERSION = '0.1.0';

/**
 * Puts the parts together. Nothing here waits for a peer: controller, Redis and APIM may be absent now and come later, and a
 * process that cannot push is still healthy, since restarting it would not help.
 */
export async function startApimSync(config: SyncConfig, logger: Logger): Promise<ApimSync> {
  const { controlplane } = config.controller;
  const { host, insecure_skip_verify: insecure, http_timeout: httpTimeoutMs } = controlplane;
  if (insecure && host !== '')
    logger.warn({ host }, 'TLS towards the control plane is not verified (controller.controlplane.insecure_skip_verify)');
  if (host !== '' && controlplane.token.reveal() === '')
    logger.info('Control plane token not configured, skipping connection; pushing does not need it');

  const tracing = await openTracing(config.tracing, { name: 'apim-sync', version: VERSION, instance: config.workerId });
  const closing = new AbortController();
  const abortPushes = new AbortController();
  const controller = connectController(config);
  const { exchange, close: closeExchange } = openExchange({ host, insecure, ca: config.apimCa, httpTimeoutMs });
  const tokens = createTokenSource({ settings: controlplane, exchange, logger, signal: closing.signal });
  const publisher = createPublisher(createAuthorisedExchange(exchange, tokens), controlplane.gateway_name);
  const inbox = connectInbox(config);
  const topDown = startTopDown({
    inbox,
    exchange,
    settings: controlplane,
    logger,
    signal: closing.signal,
    count: (outcome) => metrics.events.inc({ outcome }),
  });
  const connector = createConnector({
    settings: controlplane,
    ca: config.apimCa,
    logger,
    onChange: () => reporter.tell(),
    onConnection: (connection) => topDown.connection(connection),
    onMessage: (text) => topDown.heard(text),
    onLost: () => metrics.connectionsLost.inc(),
  });
  const metrics = createMetrics({
    busy: () => worker.busy(),
    connected: () => isConnected(monitor.state(), connector.state()),
    blocked: () => monitor.state().phase === 'blocked',
    concurrency: () => worker.limit(),
    webSocket: () => connector.state().phase === 'connected',
    unstored: () => topDown.unstored(),
  });

  /** null = the controller has not said yet */
  let isConnector: boolean | null = null;
  const aim = (http: HttpLink): void => {
    const base = gatewayBase(http);
    if (isConnector === false) connector.aim(null);
    // While HTTP fails the socket is left alone: it has a watchdog of its own.
    else if (isConnector === true && base !== null) connector.aim(base);
    const mayFetch = controlplane.token.reveal() !== '' && isConnector === true;
    topDown.aim(mayFetch ? base : null, http.phase === 'cloud');
  };

  const monitor = startLinkMonitor({
    settings: controlplane,
    exchange,
    tokens,
    logger,
    signal: closing.signal,
    onChange: (http) => {
      if (http.phase === 'up' && controlplane.token.reveal() === '') logger.info({ host }, 'Connected to control plane');
      aim(http);
      reporter.tell();
      worker.sweep();
    },
  });
  const reporter = startLinkReporter({
    controller,
    logger,
    state: () => linkStateRequest(config.workerId, host, monitor.state(), connector.state()),
    onConnector: (allowed) => {
      isConnector = allowed;
      aim(monitor.state());
      // The controller may just have made due what waited for this.
      worker.sweep();
    },
  });
  const worker = startSyncWorker({
    config,
    controller,
    publisher,
    logger,
    metrics,
    tracing,
    isOpen: () => controlplane.deployment_sync_enabled && mayPush(monitor.state()),
    onOutcome: (failure) => monitor.heard(failure),
    abort: abortPushes.signal,
  });
  const drift = startDriftChecker({
    controller,
    publisher,
    export: { gatewayName: controlplane.gateway_name, provider: controlplane.apim_provider },
    workerId: config.workerId,
    logger,
    signal: closing.signal,
    count: (state) => metrics.driftChecks.inc({ state }),
    isIdle: () => worker.busy() === 0 && controlplane.drift_interval > 0 && mayPush(monitor.state()),
  });
  const doorbell =
    config.redis.url === ''
      ? null
      : startDoorbell({
          url: config.redis.url,
          consumer: config.workerId,
          logger,
          onRing: (apiId) => {
            metrics.doorbells.inc();
            worker.ring(apiId);
          },
        });
  if (doorbell === null) logger.info('No Redis configured: changes are found by the sweep');

  const admin = await startAdminServer({
    host: config.apim_sync.admin_host,
    port: config.apim_sync.admin_port,
    live: () => true,
    ready: () => !closing.signal.aborted,
    registry: metrics.registry,
  });
  logger.info(
    {
      workerId: config.workerId,
      controller: config.apim_sync.controller_address,
      controlPlane: host || null,
      adminPort: admin.port,
    },
    'apim-sync started',
  );

  return {
    adminPort: admin.port,
    async stop() {
      await doorbell?.stop();
      const patience = setTimeout(() => abortPushes.abort(new Error('apim-sync is stopping')), config.apim_sync.shutdown_timeout);
      await worker.stop();
      await tracing?.close();
      clearTimeout(patience);
      closing.abort();
      await Promise.all([connector.stop(), reporter.stop(), topDown.stop(), drift.stop()]);
      controller.close();
      inbox.close();
      closeExchange();
      await admin.close();
    },
  };
}
