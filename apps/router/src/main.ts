import { randomUUID } from 'node:crypto';
import { readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Phase } from '@tidegate/gateway-ir';
import { policyRuntimes } from '@tidegate/policies/runtimes';
import {
  ConfigError,
  createLogger,
  doctorAsked,
  effectiveConfigAsked,
  effectiveConfigText,
  isLoopback,
  type Logger,
  onShutdown,
  openTracing,
  startAdminServer,
} from '@tidegate/process';
import { collectDefaultMetrics } from 'prom-client';

import { adminRoutes } from './admin/admin-routes.ts';
import { examineRouter } from './admin/doctor.ts';
import { watchDiscovery } from './admin/metrics.ts';
import { createLogCollector } from './commands/collect-logs.ts';
import { createLogRing, type LogRing } from './commands/log-ring.ts';
import { maskSecrets } from './commands/mask-secrets.ts';
import { createCommandRunner } from './commands/run-commands.ts';
import { type Config, effectiveSettings, readConfig } from './config.ts';
import { controllerAddress } from './discovery/join.ts';
import { runDiscovery } from './discovery/run-discovery.ts';
import { openNodeState } from './node-state.ts';
import { openRuntimeSettings } from './settings/runtime-settings.ts';
import { startupProperties } from './startup-properties.ts';
import { markStopped } from './state-dir/boot-marker.ts';
import { prepareStateDir } from './state-dir/credential-file.ts';
import { lockStateDir } from './state-dir/lock.ts';
import { openTraffic } from './traffic.ts';
import { RUNTIME_VERSION } from './version.ts';

/** What a supervisor answers with a new start (EX_TEMPFAIL): compose, Kubernetes, systemd and `npm start` do. */
const RESTART_EXIT_CODE = 75;
/** Bound of a restart that forces nothing: no request in flight is waited for longer. */
const UNFORCED_MS = 24 * 3_600_000;
const CRASH_LINES = 200;
/** Beyond the drain itself: saying goodbye and writing what is left. */
const STOP_MARGIN_MS = 5_000;

/** Composition root: what is on disk first, then the listener, then the stream that keeps it fresh. */
async function start(own: Config, logger: Logger, ring: LogRing): Promise<void> {
  const { address, tls, state_dir: stateDir } = own.router.discovery;
  const controller = controllerAddress(address, tls.enabled ? readCertificates(tls.ca_file) : null);
  await prepareStateDir(stateDir);
  const lock = await lockStateDir(stateDir);
  const settings = await openRuntimeSettings(own, stateDir, logger);
  const config = settings.running;
  logger.level = config.log.level;
  const router = { ...config.router, server_header: config.router.server_header.replaceAll('$version', RUNTIME_VERSION) };
  const node = await openNodeState(config, { controller, runtimes: policyRuntimes, logger });
  let stopping: Phase | null = null;
  const phase = (): Phase => stopping ?? (node.live.table === null ? Phase.STARTING : Phase.READY);
  const ready = (): boolean => phase() === Phase.READY;

  // Standard output is a pipe or a file, both written synchronously; a reader that went away must not end the router.
  process.stdout.on('error', () => undefined);
  const accessSink = (lines: string): void => void process.stdout.write(lines);
  const tracing = await openTracing(config.tracing, { name: 'router', version: RUNTIME_VERSION, instance: node.nodeId });
  const traffic = await openTraffic({ router, live: node.live, ready, accessSink, logger, tracing }).catch(
    takenPort(`router.listener_port ${router.listener_port}`),
  );

  settings.onLive((changed) => {
    logger.level = changed.log.level;
    traffic.tune(changed.router);
  });

  const crashFile = join(stateDir, 'crash.log');
  process.on('uncaughtExceptionMonitor', (error) => writeFileSync(crashFile, lastWords(ring, error), { mode: 0o600 }));
  const commands = createCommandRunner({
    restart(forceAfterMs) {
      drainMs = forceAfterMs === 0 ? UNFORCED_MS : forceAfterMs;
      end('restart', { exitCode: RESTART_EXIT_CODE, graceMs: settings.running.router.drain_delay + drainMs + STOP_MARGIN_MS });
      return null;
    },
    collectLogs: createLogCollector({
      ring,
      crashFile,
      configuration: () => maskSecrets(JSON.stringify(settings.running, null, 2)),
    }),
  });

  const discovery = runDiscovery({
    controller,
    logger,
    held: node.live.held,
    revoked: node.revoked,
    identify: node.identity.identify,
    renew: node.identity.renew,
    apply: node.apply,
    settings,
    commands,
    facts: {
      nodeId: node.nodeId,
      bootId: randomUUID(),
      runtimeVersion: RUNTIME_VERSION,
      bootedAtMs: Date.now(),
      previousBootClean: node.previousBootClean,
      startupProperties: startupProperties({
        config,
        port: traffic.port,
        tlsPort: traffic.tlsPort,
        policies: policyRuntimes.length,
        env: process.env,
      }),
      phase,
      inFlight: () => traffic.inFlight,
      totals: traffic.metrics.totals,
      issues: () => [],
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

  let drainMs: number | null = null;
  const graceMs = (): number => settings.running.router.drain_delay + (drainMs ?? settings.running.router.drain_timeout);
  const end = onShutdown(
    logger,
    () => graceMs() + STOP_MARGIN_MS,
    async (cause) => {
      stopping = Phase.DRAINING;
      discovery.draining(graceMs(), cause);
      traffic.announceDrain();
      const { drain_delay: delayMs, drain_timeout: timeoutMs } = settings.running.router;
      await sleep(delayMs);
      const cut = await traffic.drain(drainMs ?? timeoutMs);
      stopping = Phase.STOPPED;
      await discovery.stop(cut);
      await node.flush();
      await tracing?.close();
      await admin.close();
      await metrics.close();
      await markStopped(stateDir);
      await lock.release();
    },
  );
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

/** What was logged last, and the error that nobody caught. */
function lastWords(ring: LogRing, error: Error): string {
  return [...ring.lines('').slice(-CRASH_LINES), maskSecrets(error.stack ?? String(error)), ''].join('\n');
}

/** "" = the system's authorities */
function readCertificates(path: string): string {
  return path === '' ? '' : readFileSync(path, 'utf8');
}

try {
  const files = effectiveConfigAsked(process.argv.slice(2));
  const examined = await doctorAsked(process.argv.slice(2), examineRouter);
  if (examined !== null) {
    process.exitCode = examined;
  } else if (files === null) {
    const config = readConfig();
    const ring = createLogRing((lines) => void process.stdout.write(lines));
    await start(config, createLogger({ name: 'router', ...config.log, destination: ring }), ring);
  } else {
    process.stdout.write(effectiveConfigText(effectiveSettings(files, process.env)));
  }
} catch (error) {
  const text =
    error instanceof ConfigError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
  writeSync(2, `${text}\n`);
  process.exit(1);
}
