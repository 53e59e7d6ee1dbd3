import { setTimeout as sleep } from 'node:timers/promises';

import { fullJitter } from '@tidegate/backoff';
import type { Logger } from '@tidegate/process';
import { type Exchange, FailureClass, type ReportRequest, type Work } from '@tidegate/sync-link';

import type { WorkDone } from './run-work.ts';
import { type Controller, isTransient } from './sync-client.ts';

/**
 * Tells the controller how it went, again and again while it is away, until `giveUpAtMs` on the monotonic clock: after that somebody
 * else has looked into APIM. Answers whether there is more to do for this API at once.
 */
export async function reportOutcome(
  controller: Controller,
  work: Work,
  done: WorkDone & { readonly exchanges: readonly Exchange[] },
  giveUpAtMs: number,
  logger: Logger,
): Promise<boolean> {
  const request = reportRequest(work, done);
  for (let attempt = 1; ; attempt++) {
    try {
      const { accepted, more } = await controller.report(request);
      if (!accepted)
        logger.warn(
          { apiId: work.apiId, fencingToken: work.fencingToken },
          'Bottom-up sync: report came too late, APIM will be looked at again',
        );
      return more;
    } catch (error) {
      if (!isTransient(error) || performance.now() >= giveUpAtMs) {
        logger.error(
          { reason: error instanceof Error ? error.message : String(error), apiId: work.apiId },
          'Bottom-up sync: outcome could not be reported, APIM will be looked at again',
        );
        return false;
      }
      await sleep(fullJitter({ attempt, baseMs: 200, capMs: 3000, random: Math.random, floorMs: 50 }));
    }
  }
}

function reportRequest(
  { apiId, fencingToken, generation }: Work,
  { failure, link, losses, tried, exchanges }: WorkDone & { readonly exchanges: readonly Exchange[] },
): ReportRequest {
  const outcome: ReportRequest['outcome'] =
    failure === null
      ? { $case: 'synced', value: {} }
      : {
          $case: 'failed',
          value: {
            failureClass: CLASSES[failure.class],
            code: failure.code,
            message: failure.message,
            retryAfterMs: Math.min(failure.retryAfterMs, 0xffff_ffff),
            outcomeUnknown: failure.outcomeUnknown,
          },
        };
  return { apiId, fencingToken, generation, outcome, link, losses: [...losses], tried, exchanges: [...exchanges] };
}

const CLASSES = {
  retryable: FailureClass.RETRYABLE,
  terminal: FailureClass.TERMINAL,
  blocked: FailureClass.BLOCKED,
} as const;
