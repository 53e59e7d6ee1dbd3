import { randomUUID } from 'node:crypto';
import { readFileSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { Phase } from '@tidegate/gateway-ir';
import { policyRuntimes } from '@tidegate/policies/runtimes';
import {
  ConfigError,
  createLogger,
  effectiveConfigAsked,
  effectiveConfigText,
  isLoopback,
  type Logger,
  onShutdown,
  startAdminServer,
} from '@tidegate/process';
import { collectDefaultMetrics } from 'prom-client';

import { adminRoutes } from './admin/admin-routes.ts';
import { watchDiscovery } from './admin/metrics.ts';
import { type Config, effectiveSettings, readConfig } from './config.ts';
import { controllerAddress } from './discovery/join.ts';
import { runDiscovery } from './discovery/run-discovery.ts';
import { openNodeState } from './node-state.ts';
import { markStopped } from './state-dir/boot-marker.ts';
import { prepareStateDir } from './state-dir/credential-file.ts';
import { lockStateDir } from './state-dir/lock.ts';
import { openTraffic } from './traffic.ts';

const VERSION = '0.1.0';
/** Beyond the drain itself: saying goodbye and writing what is left. */
const STOP_MARGIN_MS = 5_000;

/** Composition root: what is on disk first, then the listener, then the stream that keeps it fresh. */
async function start(config: Config, logger: Logger): Promise<void> {
  const { router } = config;
  const { address, tls, state_dir: stateDir } = router.discovery;
  const controller = controllerAddress(address, tls.enabled ? readCertificates(tls.ca_file) : null);
  await prepareStateDir(stateDir);
  const lock = await lockStateDir(stateDir);
  const node = await openNodeState(config, { controller, runtimes: policyRuntimes, logger });
  let stopping: Phase | null = null;
  const phase = (): Phase => stopping ?? (node.live.table === null ? Phase.STARTING : Phase.READY);
  const ready = (): boolean => phase() === Phase.READY;

  // Standard output is a pipe or a file, both written synchronously; a reader that went away must not end the router.
  process.stdout.on('error', () => undefined);
  const accessSink = (lines: string): void => void process.stdout.write(lines);
  const traffic = await openTraffic({ router, live: node.live, ready, accessSink, logger }).catch(
    takenPort(`router.listener_port ${router.listener_port}`),
  );

  const discovery = runDiscovery({
    controller,
    logger,
    held: node.live.held,
    revoked: node.revoked,
    identify: node.identity.identify,
    renew: node.identity.renew,
    apply: node.apply,
    facts: {
      nodeId: node.nodeId,
      bootId: randomUUID(),
      runtimeVersion: VERSION,
      bootedAtMs: Date.now(),
      previousBootClean: node.previousBootClean,
      startupProperties: { engine: router.engine, node: process.version, listener_port: String(traffic.port) },
      phase,
      inFlight: () => traffic.inFlight,
      totals: traffic.metrics.totals,
    },
  });

  collectDefaultMetrics({ register: traffic.metrics.registry });
  watchDiscovery(traffic.metrics.registry, discovery.state);
  const admin = await startAdminServer({
    host: router.admin_host,
    port: router.admin_port,
    live: () => true,
    ready,
    registry: traffic.metrics.registry,
    routes: adminRoutes({ live: node.live, now: Date.now, discovery: () => ({ state: discovery.state(), nodeId: node.nodeId }) }),
  }).catch(takenPort(`router.admin_port ${router.admin_port}`));

  const metrics = await startAdminServer({
    host: router.metrics_host,
    port: router.metrics_port,
    live: () => true,
    ready,
    registry: traffic.metrics.registry,
    // Whoever binds it elsewhere wants it scraped from elsewhere; nothing secret is in there.
    ...(isLoopback(router.metrics_host) ? {} : { authorize: () => true }),
  }).catch(takenPort(`router.metrics_port ${router.metrics_port}`));

  const graceMs = router.drain_delay + router.drain_timeout;
  onShutdown(logger, graceMs + STOP_MARGIN_MS, async () => {
    stopping = Phase.DRAINING;
    discovery.draining(graceMs);
    traffic.announceDrain();
    await sleep(router.drain_delay);
    const cut = await traffic.drain(router.drain_timeout);
    stopping = Phase.STOPPED;
    await discovery.stop(cut);
    await node.flush();
    await admin.close();
    await metrics.close();
    await markStopped(stateDir);
    await lock.release();
  });
  logger.info(
    {
      port: traffic.port,
      tlsPort: traffic.tlsPort,
      admin: admin.port,
      metrics: metrics.port,
      nodeId: node.nodeId,
      controller: address,
    },
    'Router started',
  );
}

/** A taken port is for the operator to mend: names the setting that leads there. */
function takenPort(setting: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
    throw new ConfigError([`${setting} is taken by another process: set another one, or 0 for any`]);
  };
}

/** "" = the system's authorities */
function readCertificates(path: string): string {
  return path === '' ? '' : readFileSync(path, 'utf8');
}

try {
  const files = effectiveConfigAsked(process.argv.slice(2));
  if (files === null) {
    const config = readConfig();
    await start(config, createLogger({ name: 'router', level: config.log.level, format: config.log.format }));
  } else {
    process.stdout.write(effectiveConfigText(effectiveSettings(files, process.env)));
  }
} catch (error) {
  const text =
    error instanceof ConfigError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  writeSync(2, `${text}\n`);
  process.exit(1);
}
