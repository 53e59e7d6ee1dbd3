import type { Exchange, ImmediateResponse, ResponseView } from '@tidegate/policy-sdk';

import type { Reply } from './reply.ts';

/** Throws, before anything has changed, on a path or an upstream that there is not. */
export function applyToRequest(reply: Reply, exchange: Exchange, upstreams: readonly string[]): void {
  const { upstream } = exchange;
  const endpoint = reply.dynamicEndpoint?.endpointName;
  if (endpoint !== undefined && !upstreams.includes(endpoint))
    throw new Error(`the API has no upstream ${JSON.stringify(endpoint)}`);
  if (reply.pathToRewrite !== undefined) rewritePath(exchange, reply.pathToRewrite);
  if (endpoint !== undefined) upstream.target = endpoint;
  for (const [name, value] of changed(reply)) exchange.setUpstreamHeader(name, value);
  for (const name of reply.headersToRemove ?? []) exchange.removeUpstreamHeader(name);
  if (reply.body !== undefined) upstream.body = reply.body;
}

/** Relative to the context, which may stand in front of it; its query is put behind the one that is there. */
function rewritePath({ upstream, route }: Exchange, rewritten: string): void {
  const mark = rewritten.indexOf('?');
  const path = mark < 0 ? rewritten : rewritten.slice(0, mark);
  const query = mark < 0 ? '' : rewritten.slice(mark + 1);
  const relative = path.startsWith(`${route.context}/`) ? path.slice(route.context.length) : path;
  const before = { path: upstream.path, query: upstream.query };
  upstream.path = relative;
  try {
    if (query !== '') upstream.query = `${before.query === '' ? '?' : `${before.query}&`}${query}`;
  } catch (error) {
    upstream.path = before.path;
    throw error;
  }
}

export function directAnswer({ responseCode = 200, body, ...reply }: Reply): ImmediateResponse {
  const removed = new Set(reply.headersToRemove?.map((name) => name.toLowerCase()));
  const headers = [...changed(reply)].filter(([name]) => !removed.has(name));
  return { status: responseCode, headers, body: body ?? '' };
}

/** The body that goes out */
export function applyToResponse(reply: Reply, response: ResponseView, body: Uint8Array | null): Uint8Array | null {
  if (reply.responseCode !== undefined) response.status = reply.responseCode;
  for (const [name, value] of changed(reply)) response.setHeader(name, value);
  for (const name of reply.headersToRemove ?? []) response.removeHeader(name);
  if (reply.body === undefined) return body;
  // What was said of the bytes that do not go out.
  for (const name of ['etag', 'content-md5', 'content-digest', 'repr-digest', 'digest']) response.removeHeader(name);
  return reply.body;
}

/** Both kinds set; a replacement wins. Framing is not for others to say. */
function changed({
  headersToAdd = {},
  headersToReplace = {},
}: Pick<Reply, 'headersToAdd' | 'headersToReplace'>): Map<string, string> {
  const headers = new Map<string, string>();
  for (const [name, value] of [...Object.entries(headersToAdd), ...Object.entries(headersToReplace)])
    if (!FRAMING.has(name.toLowerCase())) headers.set(name.toLowerCase(), value);
  return headers;
}

const FRAMING = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'upgrade', 'trailer', 'te']);
