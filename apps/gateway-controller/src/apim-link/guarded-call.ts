import { status, type handleUnaryCall } from '@grpc/grpc-js';
import type { Logger, Secret } from '@tidegate/process';

import { carriesToken } from './sync-token.ts';

/** A refusal of one call: what the peer is told. */
export class CallError extends Error {
  readonly code: status;

  constructor(code: status, message: string) {
    super(message);
    this.code = code;
  }
}

/** Who calls is checked before what is asked; what goes wrong inside is logged here and not told. */
export function guarding(token: Secret, logger: Logger) {
  return <Q, A>(answer: (request: Q) => Promise<A>): handleUnaryCall<Q, A> =>
    (call, callback) => {
      if (!carriesToken(call.metadata, token)) {
        const message = token.reveal() === '' ? 'controller.sync.token is not set' : 'The sync token is missing or wrong';
        callback({ code: status.UNAUTHENTICATED, message });
        return;
      }
      answer(call.request).then(
        (result) => callback(null, result),
        (error: unknown) => {
          if (error instanceof CallError) return callback({ code: error.code, message: error.message });
          logger.error({ err: error, path: call.getPath() }, 'Sync call failed');
          callback({ code: status.INTERNAL, message: 'Internal error' });
        },
      );
    };
}

export function workerOf(workerId: string): string {
  if (workerId !== '' && workerId.length <= 200) return workerId;
  throw new CallError(status.INVALID_ARGUMENT, 'worker_id must have 1 to 200 characters');
}

export function leaseOf(leaseMs: number): number {
  if (leaseMs >= LEASE_MS_MIN && leaseMs <= LEASE_MS_MAX) return leaseMs;
  throw new CallError(status.INVALID_ARGUMENT, `lease_ms must be ${LEASE_MS_MIN} to ${LEASE_MS_MAX}`);
}

const LEASE_MS_MIN = 1000;
const LEASE_MS_MAX = 600_000;
