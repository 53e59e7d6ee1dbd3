import type { Logger, Tracing } from '@tidegate/process';
import { DesiredState, type Work } from '@tidegate/sync-link';

import type { Publisher } from '../apim/publisher.ts';
import { collectExchanges } from '../apim/witness.ts';
import type { SyncConfig } from '../config.ts';
import type { SyncMetrics } from '../metrics.ts';
import type { Failure } from './classify.ts';
import { adapt, startConcurrency } from './concurrency.ts';
import { openLease } from './lease.ts';
import { type Pump, startPump } from './pump.ts';
import { pushSpans } from './push-spans.ts';
import { reportOutcome } from './report-outcome.ts';
import { runWork } from './run-work.ts';
import { type Controller, isTransient } from './sync-client.ts';

export interface SyncWorkerOptions {
  readonly config: SyncConfig;
  readonly controller: Controller;
  readonly publisher: Publisher;
  readonly logger: Logger;
  readonly metrics: SyncMetrics;
  /** `null` = spans go nowhere */
  readonly tracing: Tracing | null;
  /** Is there a control plane to push to? */
  readonly isOpen: () => boolean;
  /** What a push learnt about APIM as a whole; null = it answered */
  readonly onOutcome: (failure: Failure | null) => void;
  /** Out of patience: abort what is in flight */
  readonly abort: AbortSignal;
}

/** The pump, and how many APIs it pushes at once just now. */
export type SyncWorker = Pump & { limit(): number };

/** Claim, push, report: the pump with its real ends. */
export function startSyncWorker(options: SyncWorkerOptions): SyncWorker {
  const { config, controller, publisher, logger, metrics, tracing, isOpen, onOutcome, abort } = options;
  const { controlplane } = config.controller;
  const leaseMs = config.apim_sync.lease;
  const tools = {
    publisher,
    export: { gatewayName: controlplane.gateway_name, provider: controlplane.apim_provider },
    httpTimeoutMs: controlplane.http_timeout,
    logger,
  };
  let concurrency = startConcurrency(config.apim_sync.concurrency);
  let isControllerAway = false;

  const claim = async (apiId: string): Promise<Claimed | null> => {
    const askedAtMs = performance.now();
    try {
      const { result } = await controller.claim({ workerId: config.workerId, apiId, leaseMs });
      if (isControllerAway) logger.info('Bottom-up sync: controller is back');
      isControllerAway = false;
      return result?.$case === 'work' ? { apiId: result.value.apiId, work: result.value, askedAtMs } : null;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const what = isTransient(error) ? 'controller is away' : 'controller refuses to give work';
      if (!isControllerAway) logger.warn({ reason }, `Bottom-up sync: ${what}`);
      isControllerAway = true;
      return null;
    }
  };

  const workOff = async ({ work, askedAtMs }: Claimed): Promise<boolean> => {
    const { apiId, fencingToken } = work;
    const renew = () => controller.renew({ apiId, fencingToken, leaseMs });
    const { witness, exchanges } = collectExchanges();
    const startedMs = Date.now();
    const lease = openLease({ leaseMs: work.leaseMs, askedAtMs, stop: abort, witness, renew });
    try {
      const done = await runWork(work, lease, tools);
      if (done === null) {
        logger.warn({ apiId }, 'Bottom-up sync: lease lost, left to the next holder');
        return false;
      }
      // How APIM does is known before the controller has heard of this one.
      concurrency = adapt(concurrency, isStruggle(done.failure) ? 'struggling' : 'good');
      onOutcome(done.failure);
      logOutcome(logger, work, done.failure);
      const pushed = { failure: done.failure, exchanges, startedMs, endedMs: Date.now() };
      if (tracing !== null) for (const span of pushSpans(work, pushed, () => tracing.sample())) tracing.record(span);
      metrics.pushes.inc({ outcome: done.failure?.code ?? 'synced' });
      metrics.pushSeconds.observe((performance.now() - askedAtMs) / 1000);
      for (const { status } of exchanges)
        metrics.exchanges.inc({ status: status === 0 ? 'none' : `${Math.floor(status / 100)}xx` });
      const heldUntilMs = Math.max(askedAtMs + leaseMs, performance.now() + lease.remainingMs());
      return await reportOutcome(controller, work, { ...done, exchanges }, heldUntilMs, logger);
    } catch (error) {
      // A fault of ours, not of a peer: no report, so the lease runs out and the next claim looks into APIM first.
      logger.error({ err: error, apiId }, 'Bottom-up sync: unexpected error');
      return false;
    } finally {
      lease.close();
    }
  };

  const limit = (): number => concurrency.limit;
  const pump = startPump({
    claim,
    workOff,
    limit,
    isOpen,
    sweepIntervalMs: config.apim_sync.sweep_interval,
    onStart: () => logger.info('Bottom-up sync: starting'),
  });
  return { ...pump, limit };
}

interface Claimed {
  readonly apiId: string;
  readonly work: Work;
  /** Before the claim was sent, monotonic */
  readonly askedAtMs: number;
}

function isStruggle(failure: Failure | null): boolean {
  return failure !== null && failure.class === 'retryable';
}

function logOutcome(logger: Logger, work: Work, failure: Failure | null): void {
  const { apiId, generation, displayName, version } = work;
  const said = { apiId, generation, displayName, version };
  if (failure === null) {
    logger.info(
      said,
      work.desired === DesiredState.DEPLOYED
        ? 'Bottom-up sync: API synced successfully'
        : 'Bottom-up sync: API undeployed successfully',
    );
    return;
  }
  const why = {
    ...said,
    attempt: work.attempts + 1,
    of: work.attemptsMax,
    class: failure.class,
    code: failure.code,
    reason: failure.message,
  };
  if (failure.unreachable || failure.code === 'apim_unavailable')
    logger.warn({ reason: failure.message }, 'On-prem APIM is currently unavailable');
  const isLast = failure.class === 'retryable' && !failure.notSent && work.attempts + 1 >= work.attemptsMax;
  logger.warn(why, isLast ? 'Bottom-up sync: all retries exhausted' : 'Bottom-up sync: attempt failed');
}
