import type { ErrorBody, FieldError } from '@tidegate/management-api';

/** Every answer from 400 up, and status 0 for none at all. */
export class ApiFailure extends Error {
  readonly status: number;
  readonly code: string;
  readonly errors: readonly FieldError[];
  /** '' = the controller was not reached */
  readonly requestId: string;

  constructor(status: number, body: Pick<ErrorBody, 'code' | 'message' | 'errors' | 'requestId'>) {
    super(body.message);
    this.name = 'ApiFailure';
    this.status = status;
    this.code = body.code;
    this.errors = body.errors ?? [];
    this.requestId = body.requestId;
  }
}

/** What an answer said of one field, by the name the server calls it; undefined = nothing. */
export function fieldError(error: unknown, name: string): string | undefined {
  return error instanceof ApiFailure ? error.errors.find(({ field }) => field === name)?.message : undefined;
}

export interface Asked {
  /** An object is sent as JSON, text as YAML */
  readonly body?: object | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export interface Answered<T> {
  readonly body: T;
  /** '' = the resource has none */
  readonly etag: string;
}

/** Somebody's business when a session ended: set by session.ts, which cannot be imported here. */
export const onUnauthenticated: { notify: () => void } = { notify: () => undefined };

/** Goes with every write; a page of another origin cannot know it. '' = nobody is signed in */
export const csrf = { token: '' };

const TIMEOUT_MS = 40_000;

/** @throws ApiFailure for everything but success */
export async function ask<T>(method: string, path: string, { body, headers = {}, signal }: Asked = {}): Promise<Answered<T>> {
  const content =
    body === undefined ? {} : { 'content-type': typeof body === 'string' ? 'application/yaml' : 'application/json' };
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const response = await fetch(path, {
    method,
    headers: { accept: 'application/json', 'X-CSRF-Token': csrf.token, ...content, ...headers },
    credentials: 'same-origin',
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  }).catch((error: unknown) => {
    if (signal?.aborted === true) throw error;
    throw new ApiFailure(0, { code: 'unreachable', message: 'The gateway controller does not answer', requestId: '' });
  });
  const answer = await bodyOf(response);
  if (response.ok) return { body: answer as T, etag: response.headers.get('etag') ?? '' };
  if (response.status === 401) onUnauthenticated.notify();
  throw new ApiFailure(response.status, isErrorBody(answer) ? answer : unexplained(response));
}

async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function isErrorBody(value: unknown): value is ErrorBody {
  return typeof value === 'object' && value !== null && 'code' in value && 'message' in value;
}

function unexplained({ status, headers }: Response) {
  return {
    code: 'unexplained',
    message: `The gateway controller answered ${status}`,
    requestId: headers.get('x-correlation-id') ?? '',
  };
}
