import { errorBody } from '@tidegate/management-api';

import { CliError, EXIT, type ExitCode } from './exit-codes.ts';

/** Bodies of answers are the contract's; what a command reads of them it says itself. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Body = any;

export interface Asked {
  readonly body?: unknown;
  readonly query?: Readonly<Record<string, string | undefined>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly etag: string | null;
  readonly body: Body;
}

export interface Client {
  readonly server: string;
  /** @throws CliError for every answer from 400 up, and when there is none */
  call(method: string, path: string, asked?: Asked): Promise<Answer>;
  /** The same, but `null` where there is no such thing */
  find(path: string): Promise<Answer | null>;
}

/** Longer than the longest `?wait=` */
const TIMEOUT_MS = 60_000;

/** A server, and the `Authorization` header it is asked with */
interface Connection {
  readonly server: string;
  readonly authorization: string;
}

/** Speaks the management API. Redirects are not followed: credentials go where the user said. */
export function clientOf({ server, authorization }: Connection): Client {
  const base = server.replace(/\/+$/, '');
  const send = async (method: string, path: string, { body, query = {}, headers = {} }: Asked = {}): Promise<Answer> => {
    const said = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
    const url = `${base}${path}${said.length === 0 ? '' : `?${new URLSearchParams(said).toString()}`}`;
    const response = await fetch(url, {
      method,
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { authorization, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).catch((error: unknown) => {
      throw new CliError(EXIT.unavailable, `${base} does not answer: ${reasonOf(error)}`);
    });
    return { status: response.status, etag: response.headers.get('etag'), body: parsed(await response.text()) };
  };
  const call: Client['call'] = async (method, path, asked) => accepted(await send(method, path, asked));
  return {
    server: base,
    call,
    find: async (path) => {
      const answer = await send('GET', path);
      return answer.status === 404 ? null : accepted(answer);
    },
  };
}

function accepted(answer: Answer): Answer {
  if (answer.status < 400) return answer;
  throw new CliError(exitCodeOf(answer.status), refusalText(answer));
}

function exitCodeOf(status: number): ExitCode {
  if (status === 401 || status === 403 || status === 429) return EXIT.denied;
  if (status === 404) return EXIT.notFound;
  return status >= 500 ? EXIT.unavailable : EXIT.refused;
}

/** Everything that is wrong, one line each, as the server says it */
function refusalText({ status, body }: Answer): string {
  const said = errorBody.safeParse(body);
  if (!said.success) return `HTTP ${status}`;
  const { message, errors = [] } = said.data;
  return [message, ...errors.map((error) => `  ${error.field}: ${error.message}`)].join('\n');
}

function parsed(text: string): Body {
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    return text;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || String((error.cause as { code?: unknown }).code) : error.message;
}
