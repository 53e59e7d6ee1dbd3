import { readFileSync } from 'node:fs';
import { Agent as HttpAgent, type IncomingMessage, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

import type { HttpAnswer, HttpCall, HttpCalls } from '@tidegate/policy-sdk';

export interface PolicyHttp extends HttpCalls {
  /** Ends idle connections; calls in flight end with their own deadline. */
  close(): void;
}

/** Connections per server that policies keep; more calls wait for one, within their deadline (invariant 9). */
const SOCKETS_MAX = 64;
/** Different TLS settings in use at once; beyond that connections are not kept. */
const AGENTS_MAX = 100;

/** Calls of policies to other servers. `caFile` = `router.upstream.tls.ca_file`; "" = the system's authorities. */
export function createHttpCalls(caFile: string): PolicyHttp {
  const plain = new HttpAgent({ keepAlive: true, maxSockets: SOCKETS_MAX });
  const agents = new Map<string, HttpsAgent>();
  const agentFor = ({ skipVerify, caFile: own }: HttpCall['tls']): HttpsAgent => {
    const key = `${skipVerify} ${own}`;
    const known = agents.get(key);
    if (known !== undefined) return known;
    const trusted = own === '' ? caFile : own;
    const agent = new HttpsAgent({
      keepAlive: agents.size < AGENTS_MAX,
      maxSockets: SOCKETS_MAX,
      rejectUnauthorized: !skipVerify,
      ...(trusted !== '' && { ca: readFileSync(trusted, 'utf8') }),
    });
    if (agents.size < AGENTS_MAX) agents.set(key, agent);
    return agent;
  };
  return {
    send: (call) => exchange(call, new URL(call.url).protocol === 'https:' ? agentFor(call.tls) : plain),
    close() {
      plain.destroy();
      for (const agent of agents.values()) agent.destroy();
    },
  };
}

function exchange(call: HttpCall, agent: HttpAgent | HttpsAgent): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const open = agent instanceof HttpsAgent ? httpsRequest : httpRequest;
    const { method, headers, body, timeoutMs, bytesMax } = call;
    const length = body === null ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const request = open(call.url, { method, agent, headers: { ...headers, ...length }, signal: AbortSignal.timeout(timeoutMs) });
    request.once('error', (error) => reject(new Error(reasonOf(error, timeoutMs))));
    request.once('response', (message) => {
      readBounded(message, bytesMax).then(
        (bytes) => resolve({ status: message.statusCode ?? 0, header: (name) => firstOf(message, name), body: bytes }),
        (error: Error) => {
          request.destroy();
          reject(new Error(reasonOf(error, timeoutMs)));
        },
      );
    });
    request.end(body ?? undefined);
  });
}

function readBounded(message: IncomingMessage, bytesMax: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    message.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > bytesMax) reject(new Error(`the answer is larger than ${bytesMax} bytes`));
      else chunks.push(chunk);
    });
    message.once('end', () => resolve(Buffer.concat(chunks)));
    message.once('error', reject);
    message.once('close', () => reject(new Error('the connection was closed in the middle of the answer')));
  });
}

function firstOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Without the URL, which may hold credentials. */
function reasonOf(error: Error, timeoutMs: number): string {
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return `no answer within ${timeoutMs} ms`;
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message;
}
