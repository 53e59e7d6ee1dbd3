import { type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse, validateHeaderValue } from 'node:http';

import type { AuthContext, Exchange, ResponseView, RouteFacts } from '@tidegate/policy-sdk';

import type { Forwarded } from '../listener/client-address.ts';
import { requestHeaderFilter } from '../upstream/header-rules.ts';
import { firstParameter, withoutParameter } from './query.ts';
import { UpstreamRewrite } from './upstream-rewrite.ts';

/** What the listener found out about a request before any policy runs. */
export interface Received {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly path: string;
  readonly query: string;
  readonly host: string;
  readonly forwarded: Forwarded;
}

/**
 * The Exchange of engine 2 (node:http). A class, where closures are the rule elsewhere, because there is one per request and
 * it has twenty members: methods on a prototype cost nothing to make. What only few policies need is made when first asked for.
 */
export class HttpExchange implements Exchange {
  readonly received: Received;
  readonly route: RouteFacts;
  auth: AuthContext | null = null;
  response: ResponseView | null = null;
  /** Lower-case name and value, to add to whatever answer there will be; `null` = none */
  addedHeaders: [name: string, value: string][] | null = null;
  // Kept beside the request, whose own headers are replaced by those that go upstream.
  readonly #headers: IncomingMessage['headers'];
  #notes: Map<string, unknown> | null = null;
  #rewrite: UpstreamRewrite | null = null;

  constructor(received: Received, route: RouteFacts) {
    this.received = received;
    this.route = route;
    this.#headers = received.request.headers;
  }

  get requestId(): string {
    return this.received.requestId;
  }

  get method(): string {
    return this.route.method;
  }

  get path(): string {
    return this.received.path;
  }

  get query(): string {
    return this.received.query;
  }

  get host(): string {
    return this.received.forwarded.forwardedHost;
  }

  get scheme(): 'http' | 'https' {
    return this.received.forwarded.proto;
  }

  get clientAddress(): string {
    return this.received.forwarded.clientAddress;
  }

  get metadata(): Map<string, unknown> {
    return (this.#notes ??= new Map());
  }

  requestHeader(name: string): string | undefined {
    return headerOf(this.#headers, name);
  }

  requestHeaders(): readonly (readonly [name: string, value: string])[] {
    return pairs(this.received.request.rawHeaders);
  }

  get upstream(): UpstreamRewrite {
    const { method, path, query, route } = this;
    return (this.#rewrite ??= new UpstreamRewrite({ method, path: path.slice(route.context.length), query }));
  }

  /** `null` = no policy has touched the request */
  get rewritten(): UpstreamRewrite | null {
    return this.#rewrite;
  }

  setUpstreamHeader(name: string, value: string): void {
    this.upstream.changeHeader('set', name, value);
  }

  appendUpstreamHeader(name: string, value: string): void {
    this.upstream.changeHeader('append', name, value);
  }

  removeUpstreamHeader(name: string): void {
    this.upstream.changeHeader('remove', name, '');
  }

  queryParameter(name: string): string | undefined {
    return firstParameter(this.query, name);
  }

  removeUpstreamQueryParameter(name: string): void {
    this.upstream.query = withoutParameter(this.upstream.query, name);
  }

  addResponseHeader(name: string, value: string): void {
    // What cannot be sent fails here, in the policy: later it would also spoil the answer that says so.
    validateHeaderValue(name, value);
    (this.addedHeaders ??= []).push([name.toLowerCase(), value]);
  }

  /** What goes upstream besides framing; `host` is the target's name under HOST_REWRITE_AUTO, the client's otherwise. */
  upstreamHeaders(host: string): OutgoingHttpHeaders {
    const { request, forwarded } = this.received;
    // Without a prototype: a field may be named like what an object inherits ("constructor").
    const headers: OutgoingHttpHeaders = Object.assign(Object.create(null) as OutgoingHttpHeaders, { host });
    const stays = requestHeaderFilter({ connection: this.#headers.connection, trusted: forwarded.trusted });
    const { rawHeaders } = request;
    for (let index = 0; index < rawHeaders.length; index += 2) {
      const name = (rawHeaders[index] as string).toLowerCase();
      if (!stays(name)) append(headers, name, rawHeaders[index + 1] as string);
    }
    headers['x-request-id'] = this.requestId;
    headers['x-forwarded-for'] = forwarded.forwardedFor;
    headers['x-forwarded-proto'] = forwarded.proto;
    headers['x-forwarded-host'] = forwarded.forwardedHost;
    for (const [what, name, value] of this.#rewrite?.headerChanges ?? []) {
      if (what === 'append') append(headers, name, value);
      else if (what === 'set') headers[name] = value;
      else delete headers[name];
    }
    return headers;
  }
}

/** By lower-case name, several values joined; never what the header object inherits. */
export function headerOf(headers: IncomingMessage['headers'], name: string): string | undefined {
  const value = headers[name];
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.join(', ') : undefined;
}

/** Flat name, value, name, value as pairs, names in lower case. */
export function pairs(rawHeaders: readonly string[]): [name: string, value: string][] {
  const found: [string, string][] = [];
  for (let index = 0; index < rawHeaders.length; index += 2)
    found.push([(rawHeaders[index] as string).toLowerCase(), rawHeaders[index + 1] as string]);
  return found;
}

/** Repeated fields stay repeated: joining them is not always the same (Set-Cookie, and what upstreams make of it). */
function append(headers: OutgoingHttpHeaders, name: string, value: string): void {
  const before = headers[name];
  if (before === undefined) headers[name] = value;
  else headers[name] = Array.isArray(before) ? [...before, value] : [String(before), value];
}
