import { retryAfterMs } from '@tidegate/backoff';

import type { ExchangeResult } from '../apim/exchange.ts';

/** Which exchange went wrong: the same status means different things at different doors. */
export type Door = 'token' | 'look-up' | 'import' | 'undeploy' | 'definition';

export interface Failure {
  readonly class: 'retryable' | 'terminal' | 'blocked';
  /** Stable, for machines */
  readonly code: string;
  /** For people, with APIM's own words where there are any */
  readonly message: string;
  /** 0 = APIM named none */
  readonly retryAfterMs: number;
  /** An import or undeploy may or may not have taken effect */
  readonly outcomeUnknown: boolean;
  /** The request was never processed by anybody: no attempt at the document */
  readonly notSent: boolean;
  /** APIM as a whole does not answer; worth finding out whether it is there at all */
  readonly unreachable: boolean;
}

/**
 * Classes an exchange that did not do what it was for, once, near the wire. Pure.
 * Sources: reference control-plane-sync §7.2.4, decision 30.
 */
export function classify(door: Door, result: ExchangeResult, nowMs: number): Failure {
  const changes = door === 'import' || door === 'undeploy';
  if (result.kind === 'no-answer') {
    const code = result.sent ? 'no_answer' : 'unreachable';
    return {
      ...QUIET,
      class: 'retryable',
      code,
      message: result.message,
      outcomeUnknown: changes && result.sent,
      notSent: !result.sent,
      unreachable: true,
    };
  }
  const { status } = result;
  const said = {
    ...QUIET,
    message: `${DOORS[door]}: HTTP ${status}${isSuccess(status) ? ' with an answer that cannot be read' : tail(result.body)}`,
    retryAfterMs: retryAfterMs(result.headers['retry-after'], nowMs) ?? 0,
  };
  if (isRetryable(status) || (status === 404 && (door === 'token' || door === 'look-up'))) {
    // A 404 at a door that always exists is an APIM that is still starting.
    const outcomeUnknown = changes && (status >= 500 || status === 408);
    return { ...said, class: 'retryable', code: status === 429 ? 'apim_throttled' : 'apim_unavailable', outcomeUnknown };
  }
  if (status >= 300 && status < 400) return { ...said, class: 'blocked', code: 'redirected' };
  if (isSuccess(status)) return { ...said, class: 'retryable', code: 'unreadable_answer', outcomeUnknown: changes };
  if (door === 'token') return { ...said, class: 'blocked', code: 'credentials' };
  if (status === 401) return { ...said, class: 'blocked', code: 'token_refused' };
  if (status === 403)
    return { ...said, class: 'blocked', code: 'scope_missing', message: `${said.message}; ${scopeAdvice(door)}` };
  return { ...said, class: 'terminal', code: status === 409 ? 'conflict' : REFUSED[door] };
}

/** 401 at a door that wants a token: worth one fresh token. */
export function isUnauthenticated(result: ExchangeResult): boolean {
  return result.kind === 'answer' && result.status === 401;
}

/** Ours, without an exchange behind it. */
export function failure(kind: Failure['class'], code: string, message: string): Failure {
  return { ...QUIET, class: kind, code, message, notSent: true };
}

const QUIET = { retryAfterMs: 0, outcomeUnknown: false, notSent: false, unreachable: false } as const;

const DOORS = {
  token: 'Token endpoint',
  'look-up': 'Looking the API up',
  import: 'Import',
  undeploy: 'Undeploy',
  definition: 'Fetching the definition',
} as const;

const REFUSED = {
  token: 'credentials',
  'look-up': 'look_up_refused',
  import: 'import_refused',
  undeploy: 'undeploy_refused',
  definition: 'definition_refused',
} as const;

function isRetryable(status: number): boolean {
  return status === 408 || status === 425 || status === 429 || status >= 500;
}

/** A success that nobody could read. It may hold anything, a token for one, and is never repeated. */
function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function scopeAdvice(door: Door): string {
  const scope = { import: 'apim:api_import_export', undeploy: 'apim:api_publish' } as const;
  const needed = door === 'import' || door === 'undeploy' ? scope[door] : 'apim:api_view';
  return `the OAuth2 client needs the scope ${needed} (controller.controlplane.apim_oauth2_scopes)`;
}

const WORDS_CHARS_MAX = 500;

/** What APIM says: `description` or `message` of its error body, `error_description` of OAuth2, else the text itself. */
function tail(body: string): string {
  const words = wordsOf(body).replaceAll(/\s+/g, ' ').trim();
  if (words === '') return '';
  return `: ${words.length > WORDS_CHARS_MAX ? `${words.slice(0, WORDS_CHARS_MAX)}…` : words}`;
}

function wordsOf(body: string): string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return body.startsWith('<') ? '' : body;
  }
  if (typeof value !== 'object' || value === null) return body;
  for (const key of ['description', 'error_description', 'message', 'error'] as const) {
    const words: unknown = (value as Record<string, unknown>)[key]; // any object may be asked for any key
    if (typeof words === 'string' && words !== '') return words;
  }
  return '';
}
