import type { AuthContext, Exchange, ResponseView, RouteFacts } from '@tidegate/policy-sdk';
import type { Trace } from '@tidegate/process';

import type { Forwarded } from '../listener/client-address.ts';
import type { Carrier } from './carrier.ts';
import { firstParameter, withoutParameter } from './query.ts';
import { assertSendable, lowerCase } from './sendable.ts';
import { UpstreamRewrite } from './upstream-rewrite.ts';

/** What the listener found out about a request before any policy runs. */
export interface Received {
  readonly carrier: Carrier;
  readonly requestId: string;
  /** `null` = trace context is off: what the client sent passes as it is */
  readonly trace: Trace | null;
  readonly path: string;
  readonly query: string;
  readonly host: string;
  readonly forwarded: Forwarded;
  /** Protocol of the route to which the client asks to switch; `null` = none */
  readonly upgrade: string | null;
}

/**
 * The Exchange of every engine. A class, where closures are the rule elsewhere, because there is one per request and
 * it has twenty members: methods on a prototype cost nothing to make. What only few policies need is made when first asked for.
 */
export class RunningExchange implements Exchange {
  readonly received: Received;
  readonly route: RouteFacts;
  auth: AuthContext | null = null;
  response: ResponseView | null = null;
  /** Lower-case name and value, to add to whatever answer there will be; `null` = none */
  addedHeaders: [name: string, value: string][] | null = null;
  #notes: Map<string, unknown> | null = null;
  #rewrite: UpstreamRewrite | null = null;

  constructor(received: Received, route: RouteFacts) {
    this.received = received;
    this.route = route;
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
    return this.received.carrier.header(name);
  }

  requestHeaders(): readonly (readonly [name: string, value: string])[] {
    return pairs(this.received.carrier.rawHeaders());
  }

  get upstream(): UpstreamRewrite {
    const { method, path, query, route } = this;
    return (this.#rewrite ??= new UpstreamRewrite({ method, path: path.slice(route.context.length), query }));
  }

  /** `null` = no policy has touched the request */
  get rewritten(): UpstreamRewrite | null {
    return this.#rewrite;
  }

  upstreamHeader(name: string): string | undefined {
    let value = this.requestHeader(name);
    for (const [what, changed, said] of this.#rewrite?.headerChanges ?? NO_CHANGES) {
      if (changed !== name) continue;
      if (what === 'append' && value !== undefined) value += `, ${said}`;
      else value = what === 'remove' ? undefined : said;
    }
    return value;
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
    assertSendable(name, value);
    (this.addedHeaders ??= []).push([lowerCase(name), value]);
  }
}

const NO_CHANGES: UpstreamRewrite['headerChanges'] = [];

/** Flat name, value, name, value as pairs, names in lower case. */
export function pairs(rawHeaders: readonly string[]): [name: string, value: string][] {
  const found: [string, string][] = [];
  for (let index = 0; index < rawHeaders.length; index += 2)
    found.push([(rawHeaders[index] as string).toLowerCase(), rawHeaders[index + 1] as string]);
  return found;
}
