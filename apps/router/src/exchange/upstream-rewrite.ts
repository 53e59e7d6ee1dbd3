import { validateHeaderValue } from 'node:http';

import { canonicalPath } from '@tidegate/gateway-ir';
import type { UpstreamRequest } from '@tidegate/policy-sdk';

type HeaderChange = readonly [what: 'set' | 'append' | 'remove', name: string, value: string];

/**
 * What policies made of a request on its way up, the same for every engine. Made when a policy first asks for it. Setters throw on
 * what cannot be sent, so that it fails in the policy and not in the middle of a head.
 */
export class UpstreamRewrite implements UpstreamRequest {
  body: Uint8Array | null = null;
  target: string | null = null;
  /** In the order in which policies asked for them */
  readonly headerChanges: HeaderChange[] = [];
  #method: string;
  #path: string;
  #query: string;
  #host: string | null = null;
  #pathSet = false;

  /** `path` without the context, as received */
  constructor({ method, path, query }: { method: string; path: string; query: string }) {
    this.#method = method;
    this.#path = path === '' ? '/' : path;
    this.#query = query;
  }

  get method(): string {
    return this.#method;
  }

  set method(method: string) {
    if (!METHODS.has(method)) throw new Error(`a request cannot be sent with method ${JSON.stringify(method)}`);
    this.#method = method;
  }

  get path(): string {
    return this.#path;
  }

  set path(path: string) {
    const canonical = path.startsWith('/') && !/[?#]/.test(path) ? canonicalPath(path) : null;
    if (canonical === null) throw new Error(`a request cannot be sent to path ${JSON.stringify(path.slice(0, 200))}`);
    this.#path = canonical;
    this.#pathSet = true;
  }

  /** `null` = no policy has set one: the engine goes by what was received */
  get newPath(): string | null {
    return this.#pathSet ? this.#path : null;
  }

  get query(): string {
    return this.#query;
  }

  set query(query: string) {
    if (!/^(?:\?[\x21\x22\x24-\x7e]*)?$/.test(query)) throw new Error('a query that cannot be sent');
    this.#query = query;
  }

  get host(): string | null {
    return this.#host;
  }

  set host(host: string | null) {
    if (host !== null && !/^[A-Za-z0-9._:[\]-]{1,255}$/.test(host)) throw new Error('a host name that cannot be sent');
    this.#host = host;
  }

  changeHeader(...[what, name, value]: HeaderChange): void {
    if (!FIELD_NAME.test(name)) throw new Error(`not a header name: ${JSON.stringify(name.slice(0, 100))}`);
    validateHeaderValue(name, value);
    this.headerChanges.push([what, name.toLowerCase(), value]);
  }
}

/** Those a policy may choose (data-plane reference §2.8). */
const METHODS = new Set(['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS']);
/** RFC 9110 §5.1 */
const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
