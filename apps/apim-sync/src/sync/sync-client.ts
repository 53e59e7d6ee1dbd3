import { credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import {
  type ClaimRequest,
  type ClaimResponse,
  type LinkStateRequest,
  type LinkStateResponse,
  type RenewRequest,
  type ReportRequest,
  type ReportResponse,
  SyncClient,
} from '@tidegate/sync-link';

import type { SyncConfig } from '../config.ts';

/** The controller's Sync service. Calls reject with ServiceError; each is answered or rejected within 5 s. */
export interface Controller {
  claim(request: ClaimRequest): Promise<ClaimResponse>;
  renew(request: RenewRequest): Promise<'renewed' | 'lost' | 'unknown'>;
  report(request: ReportRequest): Promise<ReportResponse>;
  linkState(request: LinkStateRequest): Promise<LinkStateResponse>;
  close(): void;
}

const CALL_MS = 5000;

export function connectController({ apim_sync, controller, controllerCa }: SyncConfig): Controller {
  const channel = apim_sync.tls.enabled
    ? credentials.createSsl(controllerCa === null ? null : Buffer.from(controllerCa))
    : credentials.createInsecure();
  const client = new SyncClient(apim_sync.controller_address, channel, {
    // Back within a second or two of the controller, whose restart must not look like a lost claim
    'grpc.initial_reconnect_backoff_ms': 200,
    'grpc.max_reconnect_backoff_ms': 2000,
    'grpc.keepalive_time_ms': 20_000,
    'grpc.keepalive_timeout_ms': 5000,
  });
  const metadata = new Metadata();
  metadata.set('authorization', `Bearer ${controller.sync.token.reveal()}`);

  const call = <A>(
    run: (options: { deadline: Date }, callback: (error: ServiceError | null, answer: A) => void) => unknown,
  ): Promise<A> =>
    new Promise((resolve, reject) => {
      run({ deadline: new Date(Date.now() + CALL_MS) }, (error, answer) => (error === null ? resolve(answer) : reject(error)));
    });

  return {
    claim: (request) => call((options, callback) => client.claim(request, metadata, options, callback)),
    report: (request) => call((options, callback) => client.report(request, metadata, options, callback)),
    linkState: (request) => call((options, callback) => client.linkState(request, metadata, options, callback)),
    async renew(request) {
      try {
        await call((options, callback) => client.renew(request, metadata, options, callback));
        return 'renewed';
      } catch (error) {
        return isServiceError(error) && error.code === status.FAILED_PRECONDITION ? 'lost' : 'unknown';
      }
    },
    close: () => client.close(),
  };
}

/** Whether the call can succeed when repeated: the controller was away or slow, not unwilling. */
export function isTransient(error: unknown): boolean {
  return isServiceError(error) && TRANSIENT.has(error.code);
}

const TRANSIENT: ReadonlySet<status> = new Set([
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.INTERNAL,
  status.CANCELLED,
  status.RESOURCE_EXHAUSTED,
]);

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && typeof error.code === 'number';
}
