import { HttpException } from '@nestjs/common';
import type { ErrorBody } from '@tidegate/management-api';
import { QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError } from 'typeorm';

import { BusyError } from '../change-log/busy-error.ts';
import { ApiError } from './api-error.ts';

export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ErrorBody;
}

/** The one table from what was thrown to what is answered (decision 18). Nothing of an unexpected error gets out. */
export function errorAnswer(error: unknown, requestId: string): ErrorAnswer {
  if (error instanceof ApiError) {
    const { status, code, message, errors, headers } = error;
    return { status, headers, body: { status: 'error', code, message, errors: [...errors], requestId } };
  }
  const status = statusOf(error);
  const [code, message] = STATUS_TEXTS[status] ?? INTERNAL;
  const headers = status === 503 ? { 'Retry-After': retryAfter(error) } : NO_HEADERS;
  return {
    status: status in STATUS_TEXTS ? status : 500,
    headers,
    body: { status: 'error', code, message, errors: [], requestId },
  };
}

const NO_HEADERS = {};
const INTERNAL = ['internal_error', 'Internal server error'] as const;

/** What the framework, the parser in front of it and a busy database answer. Their own words stay inside. */
const STATUS_TEXTS: Readonly<Record<number, readonly [code: string, message: string]>> = {
  400: ['bad_request', 'The request could not be understood'],
  404: ['not_found', 'No such resource'],
  408: ['request_timeout', 'The request took too long to arrive'],
  413: ['body_too_large', 'The request body is larger than 1 MiB'],
  414: ['uri_too_long', 'The request path is too long'],
  415: ['unsupported_media_type', 'Send application/json, application/yaml, application/x-yaml or text/yaml'],
  431: ['headers_too_large', 'The request headers are too large'],
  503: ['busy', 'The gateway controller is busy; try again'],
};

function statusOf(error: unknown): number {
  if (isBusy(error)) return 503;
  if (error instanceof Error && UNSTORABLE.has(codeOf(error))) return 400;
  if (error instanceof HttpException) return error.getStatus();
  const claimed = (error as { statusCode?: unknown } | null)?.statusCode;
  return typeof claimed === 'number' && claimed >= 400 && claimed < 500 ? claimed : 500;
}

/** Whole seconds, at least one */
function retryAfter(error: unknown): string {
  return error instanceof BusyError ? String(Math.max(1, Math.ceil(error.retryAfterMs / 1000))) : '1';
}

/** The database is there but does not get to it, or is not there for the moment: trying again may help. */
function isBusy(error: unknown): boolean {
  if (error instanceof BusyError || LOST_UNDERWAY.some((kind) => error instanceof kind)) return true;
  return error instanceof Error && (UNREACHABLE.test(codeOf(error)) || CONNECTION_GONE.test(error.message));
}

function codeOf(error: Error): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** Text with a NUL: valid JSON, but nothing PostgreSQL can hold or could have stored */
const UNSTORABLE = new Set(['22021', '22P05']);

/**
 * Node's socket and name errors; PostgreSQL's classes 08 (connection), 40 (rolled back: deadlock), 53 (out of something), 57 (stopping,
 * starting, took longer than we allow), 25P (we idled), and 25006 (a standby, for as long as a fail-over takes).
 */
const UNREACHABLE =
  /^(E(CONN(REFUSED|RESET|ABORTED)|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH|NOTFOUND|AI_AGAIN)|(08|40|53|57)[0-9A-Z]{3}|25P\d\d|25006)$/;

/** A transaction that goes on after its connection broke: TypeORM refuses every further statement, COMMIT too */
const LOST_UNDERWAY = [QueryRunnerAlreadyReleasedError, QueryRunnerProviderAlreadyReleasedError];

/** The same things where `pg` gives them no code */
const CONNECTION_GONE =
  /^(Connection terminated|timeout exceeded when trying to connect|Client (has encountered a connection error|was closed)|Query read timeout)/;
