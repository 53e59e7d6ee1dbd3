import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { rootCertificates } from 'node:tls';

import axios, { AxiosError, type AxiosInstance } from 'axios';

export interface ApimHost {
  /** `name` or `name:port` */
  readonly host: string;
  readonly insecure: boolean;
  /** PEM trusted beside Node's own; null = none */
  readonly ca: string | null;
  readonly httpTimeoutMs: number;
}

export interface ApimRequest {
  readonly method: 'GET' | 'POST';
  /** With query, from the root */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
  /** How the answer's bytes become text; latin1 keeps every one of them */
  readonly encoding?: 'utf8' | 'latin1';
}

/** What one HTTP exchange came to. Never thrown: what it means is decided by classify.ts, once. */
export type ExchangeResult =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
    }
  | {
      readonly kind: 'no-answer';
      /** The request may have reached APIM and taken effect */
      readonly sent: boolean;
      readonly message: string;
    };

export type Exchange = (
  request: ApimRequest,
  limits: { readonly signal: AbortSignal; readonly timeoutMs: number },
) => Promise<ExchangeResult>;

const ANSWER_BYTES_MAX = 10 * 1024 * 1024;
const REQUEST_BYTES_MAX = 20 * 1024 * 1024;
const SOCKETS_MAX = 16;

/** Talks HTTPS to one control plane: no proxy, no redirects, bounded both ways. `close` drops idle connections. */
export function openExchange(target: ApimHost): { readonly exchange: Exchange; close(): void } {
  const agent = new Agent({
    keepAlive: true,
    maxSockets: SOCKETS_MAX,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: !target.insecure,
    ...authorities(target.ca),
  });
  const client = axios.create({
    baseURL: `https://${target.host}`,
    httpsAgent: agent,
    proxy: false,
    maxRedirects: 0,
    maxContentLength: ANSWER_BYTES_MAX,
    maxBodyLength: REQUEST_BYTES_MAX,
    responseType: 'text',
    transformResponse: (body: unknown) => body,
    validateStatus: () => true,
  });
  return {
    exchange: (request, { signal, timeoutMs }) => send(client, request, signal, Math.min(timeoutMs, target.httpTimeoutMs)),
    close: () => agent.destroy(),
  };
}

/** A configured authority is trusted beside those Node trusts, its own extra file (NODE_EXTRA_CA_CERTS) included. */
export function authorities(ca: string | null): { ca?: string[] } {
  if (ca === null) return {};
  const extra = process.env['NODE_EXTRA_CA_CERTS'];
  return { ca: [...rootCertificates, ...(extra ? [readFileSync(extra, 'utf8')] : []), ca] };
}

async function send(
  client: AxiosInstance,
  request: ApimRequest,
  signal: AbortSignal,
  timeoutMs: number,
): Promise<ExchangeResult> {
  // One deadline over connecting, sending and reading: axios' own timeout does not cover a slow body.
  const deadline = AbortSignal.timeout(Math.max(1, Math.floor(timeoutMs)));
  try {
    const { status, headers, data } = await client.request<unknown>({
      method: request.method,
      url: request.path,
      headers: { ...request.headers },
      data: request.body,
      responseEncoding: request.encoding ?? 'utf8',
      signal: AbortSignal.any([signal, deadline]),
    });
    return { kind: 'answer', status, headers: textHeaders(headers), body: typeof data === 'string' ? data : '' };
  } catch (error) {
    if (deadline.aborted) return { kind: 'no-answer', sent: true, message: `No answer within ${Math.floor(timeoutMs)} ms` };
    if (signal.aborted) return { kind: 'no-answer', sent: true, message: 'Given up before the answer came' };
    return { kind: 'no-answer', sent: mayHaveBeenSent(error), message: messageOf(error) };
  }
}

function textHeaders(headers: object): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (typeof value === 'string' ? [[name.toLowerCase(), value]] : [])),
  );
}

/**
 * Errors of finding, reaching and trusting the host: nothing but a handshake was sent. Anything else may have been; TLS errors
 * without a name of their own too (EPROTO, ERR_SSL_…), which a connection in use can end with.
 */
const BEFORE_SENDING =
  /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|HOSTNAME_MISMATCH|ERR_INVALID_URL)/;

function mayHaveBeenSent(error: unknown): boolean {
  return !BEFORE_SENDING.test(codeOf(error));
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const own = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // A host with several addresses fails with one error that holds theirs
  const { cause } = error;
  const inner = cause instanceof AggregateError ? codeOf(cause.errors[0]) : codeOf(cause);
  return own === '' || own === AxiosError.ERR_BAD_REQUEST || own === AxiosError.ERR_NETWORK ? inner || own : own;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = codeOf(error);
  const text = error.message || (error.cause instanceof Error ? error.cause.message : '') || error.name;
  return code === '' || text.includes(code) ? text : `${text} (${code})`;
}
