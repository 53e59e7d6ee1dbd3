import { type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { Phase } from '@tidegate/gateway-ir';
import { policyRuntimes } from '@tidegate/policies/runtimes';
import { type Logger, onShutdown, openTracing, watchCertificates } from '@tidegate/process';
import { collectDefaultMetrics } from 'prom-client';

import { watchDiscovery } from './admin/metrics.ts';
import { openAdminPorts } from './admin/open-admin-ports.ts';
import { createLogCollector } from './commands/collect-logs.ts';
import type { LogRing } from './commands/log-ring.ts';
import { maskSecrets } from './commands/mask-secrets.ts';
import { askLocally, probeEnvironment } from './commands/probe-environment.ts';
import { createCommandRunner } from './commands/run-commands.ts';
import type { Config } from './config.ts';
import { controllerAddress } from './discovery/join.ts';
import { type Discovery, runDiscovery } from './discovery/run-discovery.ts';
import { openNodeState } from './node-state.ts';
import { giveMemoryBack } from './policy-host/memory-return.ts';
import { openBundleStore } from './runtime/bundle-store.ts';
import { imageVersion, keyOf } from './runtime/choose-runtime.ts';
import { handOver } from './runtime/hand-over.ts';
import { predecessor } from './runtime/take-over.ts';
import { openRuntimeSettings } from './settings/runtime-settings.ts';
import { startupProperties } from './startup-properties.ts';
import { markRunning, markStopped } from './state-dir/boot-marker.ts';
import { prepareStateDir } from './state-dir/credential-file.ts';
import { lockStateDir } from './state-dir/lock.ts';
import { takenPort } from './taken-port.ts';
import { openTraffic } from './traffic.ts';
import { RUNTIME_VERSION } from './version.ts';
import { openWorkers, workerCount } from './workers/open-workers.ts';

/** What a supervisor answers with a new start (EX_TEMPFAIL): compose, Kubernetes, systemd and `npm start` do. */
const RESTART_EXIT_CODE = 75;
/** Bound of an end that forces nothing: no request in flight is waited for longer. */
const UNFORCED_MS = 24 * 3_600_000;
const CRASH_LINES = 200;
/** Beyond the drain itself: saying goodbye and writing what is left. */
const STOP_MARGIN_MS = 5_000;
/** After a hand-over: how long kept connections are asked to end by themselves before idle ones are closed. */
const FAREWELL_MS = 5_000;

export interface RouterProcess {
  readonly logger: Logger;
  readonly ring: LogRing;
  /** The module that began this process; its threads begin with it too */
  readonly entry: URL;
}

/** Composition root: what is on disk first, then the listener, then the stream that keeps it fresh. */
export async function runRouter(own: Config, { logger, ring, entry }: RouterProcess): Promise<void> {
  const { address, tls, state_dir: stateDir } = own.router.discovery;
  const controller = controllerAddress(address, tls.enabled ? certificatesOf(tls, logger) : null, tls.cert_file !== '');
  const before = predecessor(process.env);
  await prepareStateDir(stateDir);
  await before?.released();
  let lock = await lockStateDir(stateDir);
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
  const severalWorkers = workerCount(config) > 1;
  // Workers each tell of their own requests.
  const about = { name: 'router', version: RUNTIME_VERSION, instance: node.nodeId };
  const tracing = severalWorkers ? null : await openTracing(config.tracing, about);
  const opened = severalWorkers
    ? openWorkers({
        config: { ...config, router },
        nodeId: node.nodeId,
        live: node.live,
        revoked: () => node.revoked,
        entry,
        logger,
        accessSink,
        logSink: (line) => ring.write(line),
      })
    : openTraffic({
        router,
        live: node.live,
        ready,
        accessSink,
        logger,
        tracing,
        ...(before === null ? {} : { inherited: before.listeners }),
      });
  const traffic = await opened.catch(takenPort(`router.listener_port ${router.listener_port}`));
  await before?.serving();
  giveMemoryBack(node.live, () => traffic.inFlight === 0);

  settings.onLive((changed) => {
    logger.level = changed.log.level;
    traffic.tune(changed.router);
  });

  const crashFile = join(stateDir, 'crash.log');
  process.on('uncaughtExceptionMonitor', (error) => writeFileSync(crashFile, lastWords(ring, error), { mode: 0o600 }));
  const bundles = openBundleStore(stateDir, keyOf(router.updates.public_key));
  let heir: ChildProcess | null = null;
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
    probe: async (environmentId) =>
      JSON.stringify(await probeEnvironment(node.live.table, environmentId, askLocally(traffic.port, router.host))),
    async stage({ asked: { version, manifest, signature }, bundle }) {
      const staged = await bundles.stage({ manifest, signature, bundle });
      if (staged.version !== version) throw new Error(`What was sent as ${version} is ${staged.version}`);
      return `Runtime ${version} is verified and kept`;
    },
    async activate(version) {
      const wanted = version === imageVersion(process.env) ? null : version;
      if (wanted !== null) await bundles.verified(wanted);
      if (severalWorkers) {
        // Ports that workers share cannot be handed over: it drains, and its supervisor starts it with the other runtime.
        await bundles.activate(wanted);
        end('update', { exitCode: RESTART_EXIT_CODE, graceMs: graceMs() + STOP_MARGIN_MS });
        return null;
      }
      const successor = await handOver(wanted ?? 'image', handOverHost, logger);
      heir = successor;
      // The supervisor knows this process only: it ends with the one that serves.
      successor.once('exit', (code) => process.exit(code ?? 1));
      await bundles.activate(wanted);
      // First no new ones: a connection whose request is still on its way looks idle, and idle ones are closed in the end.
      traffic.stopAccepting();
      traffic.announceDrain();
      void sleep(FAREWELL_MS).then(() => traffic.drain(UNFORCED_MS));
      return null;
    },
  });

  const bootId = randomUUID();
  const bootedAtMs = Date.now();
  const started = startupProperties({
    config,
    port: traffic.port,
    tlsPort: traffic.tlsPort,
    tlsNames: traffic.tlsNames(),
    policies: policyRuntimes.length,
    env: process.env,
  });
  const connect = (): Discovery =>
    runDiscovery({
      controller,
      logger,
      held: node.live.held,
      revoked: node.revoked,
      identify: node.identity.identify,
      renew: node.identity.renew,
      async apply(effect) {
        const rejected = await node.apply(effect);
        // Applied = by every worker.
        await traffic.spread?.(effect.next);
        return rejected;
      },
      settings,
      commands,
      facts: {
        nodeId: node.nodeId,
        bootId,
        runtimeVersion: RUNTIME_VERSION,
        bootedAtMs,
        previousBootClean: node.previousBootClean,
        startupProperties: started,
        phase,
        inFlight: () => traffic.inFlight,
        totals: traffic.metrics.totals,
        issues: () => traffic.issues(),
        inFlightByEnvironment: () => traffic.inFlightByEnvironment(),
      },
    });
  let discovery = connect();

  const { registry } = traffic.metrics;
  collectDefaultMetrics({ register: registry });
  watchDiscovery(registry, () => discovery.state());
  const ports = await openAdminPorts(router, {
    ready,
    registry: { contentType: registry.contentType, metrics: traffic.metrics.scrape },
    live: node.live,
    now: Date.now,
    discovery: () => ({ state: discovery.state(), nodeId: node.nodeId }),
  });

  const handOverHost = {
    async release() {
      await discovery.leave();
      await node.settle();
      await markStopped(stateDir);
      await lock.release();
    },
    async resume() {
      lock = await lockStateDir(stateDir);
      await markRunning(stateDir);
      discovery = connect();
    },
    listeners: () => traffic.servers(),
    closeAdmin: () => ports.close(),
  };

  let drainMs: number | null = null;
  const graceMs = (): number => settings.running.router.drain_delay + (drainMs ?? settings.running.router.drain_timeout);
  const end = onShutdown(
    logger,
    () => graceMs() + STOP_MARGIN_MS,
    async (cause) => {
      if (heir !== null) {
        heir.kill('SIGTERM');
        return new Promise<void>(() => undefined); // its end is ours
      }
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
      await ports.close();
      await markStopped(stateDir);
      await lock.release();
    },
  );
  before?.onGone(() => end('the predecessor is gone', { exitCode: 1, graceMs: graceMs() + STOP_MARGIN_MS }));
  await bundles.noteStart(true);
  const { port, tlsPort } = traffic;
  const { admin, metrics } = ports;
  const { nodeId } = node;
  logger.info({ port, tlsPort, admin, metrics, nodeId, runtime: RUNTIME_VERSION, controller: address }, 'Router started');
}

/** What was logged last, and the error that nobody caught. */
function lastWords(ring: LogRing, error: Error): string {
  return [...ring.lines('').slice(-CRASH_LINES), maskSecrets(error.stack ?? String(error)), ''].join('\n');
}

function certificatesOf(
  { ca_file: caFile, cert_file: certFile, key_file: keyFile }: Config['router']['discovery']['tls'],
  logger: Logger,
) {
  const onProblem = (problem: string) =>
    logger.error({ problem }, 'Certificates towards the controller cannot be used; those before are still');
  return watchCertificates({ caFile, certFile, keyFile }, { everyMs: CERTIFICATES_MS, onProblem });
}

const CERTIFICATES_MS = 10_000;
