import type { ApiKeyRecord, AuthContext, BuildContext, Exchange, ResponseView, UpstreamRequest } from '@tidegate/policy-sdk';

/** One request for tests of policies: what was sent, and what a policy did with it. */
export interface SampleExchange extends Exchange {
  readonly removedHeaders: string[];
  readonly removedQueryParameters: string[];
  /** What goes upstream beside what the client sent; several values joined with ", " */
  readonly upstreamHeaders: Map<string, string>;
  readonly answerHeaders: Map<string, string>;
}

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly method?: string;
  /** With the context */
  readonly path?: string;
  readonly rawQuery?: string;
  readonly clientAddress?: string;
  readonly routeId?: string;
  readonly operationPath?: string;
  readonly context?: string;
  readonly auth?: AuthContext | null;
  readonly scheme?: 'http' | 'https';
  readonly host?: string;
  readonly status?: number;
  /** What the upstream answered */
  readonly answer?: Readonly<Record<string, string>>;
}

export function sampleExchange({
  headers = {},
  query = {},
  method = 'GET',
  path = '/a',
  rawQuery = '',
  clientAddress = '192.0.2.1',
  routeId = 'GET|/a|*',
  operationPath = '/a',
  context = '',
  auth = null,
  scheme = 'http',
  host = 'api.example.com',
  status = 200,
  answer = {},
}: Sent = {}): SampleExchange {
  const answerHeaders = new Map<string, string>(Object.entries(answer));
  const upstreamHeaders = new Map<string, string>();
  const removedHeaders: string[] = [];
  const removedQueryParameters: string[] = [];
  const response: ResponseView = {
    status,
    header: (name) => answerHeaders.get(name),
    headers: () => [...answerHeaders],
    setHeader: (name, value) => void answerHeaders.set(name, value),
    appendHeader: (name, value) => append(answerHeaders, name, value),
    removeHeader: (name) => void answerHeaders.delete(name),
  };
  const route = {
    id: routeId,
    method,
    operationPath,
    deploymentId: 'api-1/env-1',
    apiId: 'api-1',
    apiHandle: 'api',
    apiName: 'Api',
    apiVersion: 'v1',
    context,
    environment: 'default',
    upstream: 'main',
  };
  const upstream: UpstreamRequest = {
    method,
    path: path.slice(context.length),
    query: rawQuery,
    host: null,
    target: null,
    body: null,
  };
  return {
    requestId: 'r-1',
    method,
    path,
    query: rawQuery,
    scheme,
    host,
    clientAddress,
    route,
    response,
    upstream,
    auth,
    metadata: new Map(),
    requestHeader: (name) => headers[name],
    requestHeaders: () => Object.entries(headers),
    queryParameter: (name) => query[name] ?? new URLSearchParams(rawQuery).get(name) ?? undefined,
    upstreamHeader: (name) => upstreamHeaders.get(name) ?? (removedHeaders.includes(name) ? undefined : headers[name]),
    setUpstreamHeader: (name, value) => void upstreamHeaders.set(name, value),
    appendUpstreamHeader: (name, value) => append(upstreamHeaders, name, value),
    removeUpstreamHeader: (name) => void removedHeaders.push(name),
    removeUpstreamQueryParameter: (name) => void removedQueryParameters.push(name),
    addResponseHeader: (name, value) => append(answerHeaders, name, value),
    removedHeaders,
    removedQueryParameters,
    upstreamHeaders,
    answerHeaders,
  };
}

function append(headers: Map<string, string>, name: string, value: string): void {
  const before = headers.get(name);
  headers.set(name, before === undefined ? value : `${before}, ${value}`);
}

export function sampleContext(changes: Partial<BuildContext> = {}): BuildContext {
  return {
    api: { deploymentId: 'api-1/env-1', id: 'api-1', handle: 'api', name: 'Api', version: 'v1', context: '' },
    level: 'api',
    position: 0,
    attachment: 'a-1',
    keys: { find: () => null },
    subscriptions: { findByToken: () => null, findByApplication: () => null },
    settings: {},
    readFile: (path) => {
      throw new Error(`no file ${path} here`);
    },
    now: () => 0,
    upstreams: ['main'],
    upstreamsKey: 'u-1',
    log: () => undefined,
    http: { send: () => Promise.reject(new Error('no calls here')) },
    redis: { run: () => Promise.reject(new Error('no Redis here')) },
    shared: (_name, create) => create(),
    state: (create) => create(),
    cells: null,
    ...changes,
  };
}

export function sampleKey(changes: Partial<ApiKeyRecord> = {}): ApiKeyRecord {
  return {
    id: 'key-1',
    apiId: 'api-1',
    name: 'test-key',
    issuer: '',
    createdBy: 'admin',
    applicationId: '',
    applicationName: '',
    expiresAtMs: 0,
    ...changes,
  };
}
