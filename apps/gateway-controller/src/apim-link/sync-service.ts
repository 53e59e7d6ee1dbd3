import { status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import type { Logger, Secret } from '@tidegate/process';
import type { ControlplaneSettings, SyncServer } from '@tidegate/sync-link';
import type { Pool } from 'pg';
import { z } from 'zod';

import { dropLease, takeLease } from '../change-log/lease.ts';
import { checkedOf, checkMessage } from './check-calls.ts';
import { claim } from './claim.ts';
import { claimCheck } from './claim-check.ts';
import { CallError, guarding, leaseOf, workerOf } from './guarded-call.ts';
import { storeLinkState } from './link-state.ts';
import { renew } from './renew.ts';
import { storeReport } from './report.ts';
import type { Wanting } from './sync-news.ts';
import { storeCheck } from './store-check.ts';
import { claimResponse, reportOf, targetOf } from './sync-calls.ts';

export interface SyncServiceOptions {
  readonly pool: Pool;
  readonly token: Secret;
  readonly controlplane: ControlplaneSettings;
  readonly wanting: Wanting;
  readonly logger: Logger;
}

/**
 * The Sync service of sync.proto. Stateless: any replica answers any call.
 * Errors: UNAUTHENTICATED, INVALID_ARGUMENT, FAILED_PRECONDITION (Renew), INTERNAL (logged here).
 */
export function syncService({ pool, token, controlplane, wanting, logger }: SyncServiceOptions): UntypedServiceImplementation {
  const retry = {
    attemptsMax: controlplane.attempts_max,
    initialMs: controlplane.retry_initial,
    maxMs: controlplane.retry_max,
    reconcileMs: controlplane.reconcile_interval,
    lookBaseMs: controlplane.http_timeout,
    driftIntervalMs: controlplane.drift_interval,
    onDrift: controlplane.on_drift,
    random: Math.random,
    wanting,
  };
  const guard = guarding(token, logger);
  const service: SyncServer = {
    claim: guard(async (request) => {
      const leaseMs = leaseOf(request.leaseMs);
      const apiId = request.apiId === '' ? null : idOf(request.apiId);
      const claimed = await claim(pool, { workerId: workerOf(request.workerId), apiId, leaseMs });
      return claimResponse(claimed, { leaseMs, attemptsMax: retry.attemptsMax });
    }),
    renew: guard(async (request) => {
      const leaseMs = leaseOf(request.leaseMs);
      if (await renew(pool, idOf(request.apiId), request.fencingToken, leaseMs)) return { leaseMs };
      throw new CallError(status.FAILED_PRECONDITION, 'Not the holder of this lease any more');
    }),
    report: guard(async (request) => {
      const report = reportOf({ ...request, apiId: idOf(request.apiId) });
      if (report === null) throw new CallError(status.INVALID_ARGUMENT, 'A report needs an outcome');
      const { accepted, more } = await storeReport(pool, report, retry);
      if (!accepted)
        logger.warn(
          { apiId: report.apiId, fencingToken: report.fencingToken },
          'Bottom-up sync: report with a stale fencing token refused',
        );
      return { accepted, more };
    }),
    claimCheck: guard(async (request) => {
      workerOf(request.workerId);
      const due = await claimCheck(pool);
      return { check: due === null ? undefined : checkMessage(due) };
    }),
    reportCheck: guard(async (request) => ({
      accepted: await storeCheck(pool, checkedOf({ ...request, apiId: idOf(request.apiId) }), retry),
    })),
    linkState: guard(async (request) => {
      const workerId = workerOf(request.workerId);
      // Only one worker's view counts: two that see the control plane differently would flap, and each flap re-arms failed APIs.
      const connector = (await takeLease(pool, CONNECTOR_LEASE, workerId, CONNECTOR_LEASE_MS)) !== null;
      if (connector) {
        const { cameUp } = await storeLinkState(pool, workerId, targetOf(request), wanting);
        if (request.reason === STOPPED) await dropLease(pool, CONNECTOR_LEASE, workerId);
        if (cameUp)
          logger.info({ host: request.host, workerId }, 'Bottom-up sync: control plane within reach, everything pending is due');
      }
      return { connector };
    }),
  };
  return service;
}

const CONNECTOR_LEASE = 'apim-connector';
/** Three of the connector's reports. */
const CONNECTOR_LEASE_MS = 15_000;

/** Reason of a connector's last word. */
const STOPPED = 'stopped';

const uuid = z.uuid();

function idOf(apiId: string): string {
  if (uuid.safeParse(apiId).success) return apiId;
  throw new CallError(status.INVALID_ARGUMENT, 'api_id must be a uuid');
}
