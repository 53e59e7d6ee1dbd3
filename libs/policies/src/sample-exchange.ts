import type { ApiKeyRecord, AuthContext, BuildContext, Exchange, ResponseView } from '@tidegate/policy-sdk';

/** One request for tests of policies: what was sent, and what a policy did with it. */
export interface SampleExchange extends Exchange {
  readonly removedHeaders: string[];
  readonly removedQueryParameters: string[];
  readonly answerHeaders: Map<string, string>;
}

interface Sent {
  readonly headers?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly clientAddress?: string;
  readonly routeId?: string;
  readonly auth?: AuthContext | null;
}

export function sampleExchange({
  headers = {},
  query = {},
  clientAddress = '192.0.2.1',
  routeId = 'GET|/a|*',
  auth = null,
}: Sent = {}): SampleExchange {
  const answerHeaders = new Map<string, string>();
  const removedHeaders: string[] = [];
  const removedQueryParameters: string[] = [];
  const response: ResponseView = {
    status: 200,
    header: (name) => answerHeaders.get(name),
    setHeader: (name, value) => void answerHeaders.set(name, value),
    removeHeader: (name) => void answerHeaders.delete(name),
  };
  const route = {
    id: routeId,
    method: 'GET',
    operationPath: '/a',
    deploymentId: 'api-1/env-1',
    apiId: 'api-1',
    apiHandle: 'api',
    apiName: 'Api',
    apiVersion: 'v1',
    context: '',
    environment: 'default',
  };
  return {
    requestId: 'r-1',
    method: 'GET',
    path: '/a',
    query: '',
    scheme: 'http',
    clientAddress,
    route,
    response,
    auth,
    metadata: new Map(),
    requestHeader: (name) => headers[name],
    queryParameter: (name) => query[name],
    setUpstreamHeader: () => undefined,
    removeUpstreamHeader: (name) => void removedHeaders.push(name),
    removeUpstreamQueryParameter: (name) => void removedQueryParameters.push(name),
    addResponseHeader: (name, value) => void answerHeaders.set(name, value),
    removedHeaders,
    removedQueryParameters,
    answerHeaders,
  };
}

export function sampleContext(changes: Partial<BuildContext> = {}): BuildContext {
  return {
    api: { deploymentId: 'api-1/env-1', id: 'api-1', handle: 'api', name: 'Api', version: 'v1', context: '' },
    level: 'api',
    position: 0,
    keys: { find: () => null },
    settings: {},
    now: () => 0,
    state: (create) => create(),
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
