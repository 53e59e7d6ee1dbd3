import { HttpException } from '@nestjs/common';

import { BusyError } from '../change-log/busy-error.ts';
import { ApiError } from './api-error.ts';

export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: {
    readonly status: 'error';
    readonly code: string;
    readonly message: string;
    readonly errors: readonly { field: string; code: string; message: string }[];
    readonly requestId: string;
  };
}

/** The one table from what was thrown to what is answered (decision 18). Nothing of an unexpected error gets out. */
export function errorAnswer(error: unknown, requestId: string): ErrorAnswer {
  if (error instanceof ApiError) {
    const { status, code, message, errors, headers } = error;
    return { status, headers, body: { status: 'error', code, message, errors, requestId } };
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
  if (error instanceof BusyError) return true;
  return error instanceof Error && (UNREACHABLE.has(codeOf(error)) || CONNECTION_GONE.test(error.message));
}

function codeOf(error: Error): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

/** Text with a NUL: valid JSON, but nothing PostgreSQL can hold or could have stored */
const UNSTORABLE = new Set(['22021', '22P05']);

/** Node's socket errors; PostgreSQL's 57P (shutting down, starting), 53300 (too many connections), 25P03 (we idled), 08 (connection) */
const UNREACHABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  '57P01',
  '57P02',
  '57P03',
  '53300',
  '25P03',
  '08000',
  '08003',
  '08006',
]);

/** The same things where `pg` gives them no code */
const CONNECTION_GONE =
  /^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/;
