/** One request and its answer, as policies see it. An engine implements it; nothing here is copied from the sockets up front. */
export interface Exchange {
  readonly requestId: string;
  /** Upper-case, as received */
  readonly method: string;
  /** Canonical path, context included (invariant 12) */
  readonly path: string;
  /** Raw query with its "?", or "" */
  readonly query: string;
  readonly scheme: 'http' | 'https';
  /** Host and port as the client addressed them (Host, or what a trusted proxy says it was) */
  readonly host: string;
  /** Peer address, or what trusted proxies say it is; never "unknown" */
  readonly clientAddress: string;
  readonly route: RouteFacts;
  /** What the client sent, by lower-case name; several values joined with ", ". `undefined` = absent */
  requestHeader(name: string): string | undefined;
  /** Every field the client sent, names in lower case, in order. Makes a copy: for policies that report them */
  requestHeaders(): readonly (readonly [name: string, value: string])[];
  /** What goes upstream under this name, by lower-case name, after what policies have changed so far; several values joined with ", " */
  upstreamHeader(name: string): string | undefined;
  /** Changes what goes upstream; the client's original stays readable through `requestHeader` */
  setUpstreamHeader(name: string, value: string): void;
  /** One more value beside those that go upstream already */
  appendUpstreamHeader(name: string, value: string): void;
  removeUpstreamHeader(name: string): void;
  /** First value of a query parameter, percent-decoded; `undefined` = absent or not decodable */
  queryParameter(name: string): string | undefined;
  /** Drops every occurrence from the query that goes upstream; the other parameters keep their bytes */
  removeUpstreamQueryParameter(name: string): void;
  /** What goes upstream in place of what the client asked for; made when first used */
  readonly upstream: UpstreamRequest;
  /** The answer on its way to the client; `null` before there is one */
  readonly response: ResponseView | null;
  /** Set by authentication policies; a later one chains the earlier in `previous` */
  auth: AuthContext | null;
  /** Free notes between policies of one exchange */
  readonly metadata: Map<string, unknown>;
  /** Headers to add to whatever answer the client gets, also an immediate one from a later policy */
  addResponseHeader(name: string, value: string): void;
}

export interface RouteFacts {
  readonly id: string;
  readonly method: string;
  /** Template without the context: "/pet/{petId}" */
  readonly operationPath: string;
  readonly deploymentId: string;
  readonly apiId: string;
  readonly apiHandle: string;
  readonly apiName: string;
  readonly apiVersion: string;
  readonly context: string;
  readonly environment: string;
  /** Name of the upstream that serves it, unless a policy chooses another */
  readonly upstream: string;
}

/**
 * The request as it goes upstream. Setting what cannot be sent (a control character, a path that is not canonical) throws: the
 * policy has failed, and nothing leaves.
 */
export interface UpstreamRequest {
  method: string;
  /** Behind the context, begins with "/"; the upstream's base path is put in front */
  path: string;
  /** With its "?", or "" */
  query: string;
  /** Value of Host; `null` = as the upstream's host rewriting says */
  host: string | null;
  /** Name of another upstream of this API; `null` = the route's */
  target: string | null;
  /** Known from the request-body phase on; later policies see what an earlier one put here */
  body: Uint8Array | null;
}

export interface ResponseView {
  /** May be changed until the answer goes out */
  status: number;
  header(name: string): string | undefined;
  /** Every field, names in lower case, in order. Makes a copy */
  headers(): readonly (readonly [name: string, value: string])[];
  setHeader(name: string, value: string): void;
  /** One more value beside those that are there */
  appendHeader(name: string, value: string): void;
  removeHeader(name: string): void;
}

export interface AuthContext {
  /** "apikey", "jwt", "basic", … */
  readonly type: string;
  /** Who called: the key's id, the token's subject, the user name. Stable; safe to use as a limiter key */
  readonly subject: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly previous: AuthContext | null;
}
