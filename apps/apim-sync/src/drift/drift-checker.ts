import type { Logger } from '@tidegate/process';
import { DriftState } from '@tidegate/sync-link';

import type { Publisher } from '../apim/publisher.ts';
import type { ExportOptions } from '@tidegate/rest-api/apim';
import { type KickedLoop, startKickedLoop } from '../kicked-loop.ts';
import type { Controller } from '../sync/sync-client.ts';
import { checkDrift } from './check-drift.ts';

export interface DriftCheckerOptions {
  readonly controller: Controller;
  readonly publisher: Publisher;
  readonly export: ExportOptions;
  readonly workerId: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Is APIM there, and nothing more important to ask it? */
  readonly isIdle: () => boolean;
  readonly count: (state: 'in_sync' | 'out_of_sync' | 'unknown') => void;
}

/** A check is two reads; more than this and it is not made. */
const CHECK_MS = 30_000;
const INTERVAL_MS = 2000;
/** In a row, before pushes that came meanwhile are looked for. */
const AT_ONCE = 20;

/** Compares what is due while nothing is pushed, one API after the other. */
export function startDriftChecker(options: DriftCheckerOptions): KickedLoop {
  const { controller, publisher, workerId, logger, signal, isIdle, count } = options;

  const checkNext = async (): Promise<boolean> => {
    const { check } = await controller.claimCheck({ workerId });
    if (check === undefined) return false;
    const endsAtMs = performance.now() + CHECK_MS;
    const limits = { signal, remainingMs: () => endsAtMs - performance.now() };
    const drift = await checkDrift(check, publisher, options.export, limits);
    count(STATES[drift.state] ?? 'unknown');
    const { apiId, fencingToken, generation } = check;
    const { accepted } = await controller.reportCheck({
      apiId,
      fencingToken,
      generation,
      ...drift,
      differences: [...drift.differences],
    });
    if (accepted && drift.state === DriftState.OUT_OF_SYNC)
      logger.warn(
        { apiId, reason: drift.message, paths: drift.differences.map(({ path }) => path) },
        'Drift: APIM has something else',
      );
    // APIM that cannot be asked is not asked for the next one at once.
    return drift.state !== DriftState.UNKNOWN;
  };

  return startKickedLoop(async () => {
    try {
      for (let made = 0; made < AT_ONCE && isIdle() && !signal.aborted; made++) if (!(await checkNext())) return;
    } catch (error) {
      logger.debug({ reason: error instanceof Error ? error.message : String(error) }, 'Drift: could not be checked');
    }
  }, INTERVAL_MS);
}

const STATES: Readonly<Partial<Record<DriftState, 'in_sync' | 'out_of_sync'>>> = {
  [DriftState.IN_SYNC]: 'in_sync',
  [DriftState.OUT_OF_SYNC]: 'out_of_sync',
};
