import { type ServiceError, status } from '@grpc/grpc-js';
import {
  type ClaimCheckRequest,
  type ClaimCheckResponse,
  type ClaimRequest,
  type ClaimResponse,
  type LinkStateRequest,
  type LinkStateResponse,
  type RenewRequest,
  type ReportCheckRequest,
  type ReportCheckResponse,
  type ReportRequest,
  type ReportResponse,
  SyncClient,
} from '@tidegate/sync-link';

import type { SyncConfig } from '../config.ts';
import { openCalls } from './open-calls.ts';

/** The controller's Sync service. Calls reject with ServiceError; each is answered or rejected within 5 s. */
export interface Controller {
  claim(request: ClaimRequest): Promise<ClaimResponse>;
  renew(request: RenewRequest): Promise<'renewed' | 'lost' | 'unknown'>;
  report(request: ReportRequest): Promise<ReportResponse>;
  linkState(request: LinkStateRequest): Promise<LinkStateResponse>;
  claimCheck(request: ClaimCheckRequest): Promise<ClaimCheckResponse>;
  reportCheck(request: ReportCheckRequest): Promise<ReportCheckResponse>;
  close(): void;
}

export function connectController(config: SyncConfig): Controller {
  const { address, channel, options: channelOptions, metadata, call } = openCalls(config);
  const client = new SyncClient(address, channel, channelOptions);

  return {
    claim: (request) => call((options, callback) => client.claim(request, metadata, options, callback)),
    report: (request) => call((options, callback) => client.report(request, metadata, options, callback)),
    linkState: (request) => call((options, callback) => client.linkState(request, metadata, options, callback)),
    claimCheck: (request) => call((options, callback) => client.claimCheck(request, metadata, options, callback)),
    reportCheck: (request) => call((options, callback) => client.reportCheck(request, metadata, options, callback)),
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
