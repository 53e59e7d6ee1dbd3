import {
  ApiRoutes,
  HostRewrite,
  type HeaderMatch,
  PathPattern,
  PathTail,
  PolicyLevel,
  PolicyUse,
  Route,
  type SegmentPart,
} from '@tidegate/gateway-ir';

/** Hand-made IR for the tests of this folder: what the compiler would emit, without the compiler. */
export interface SampleOperation {
  readonly method: string;
  /** Relative to the context; "/files/*" = subtree */
  readonly path: string;
  readonly tail?: PathTail;
  readonly headers?: HeaderMatch[];
  readonly chain?: number[];
  readonly vhosts?: string[];
}

export interface SampleApi {
  readonly id?: string;
  readonly context: string;
  readonly policies?: Partial<PolicyUse>[];
  readonly operations: readonly SampleOperation[];
}

export function sampleRoutes({ id = 'api-1/env-1', context, policies = [], operations }: SampleApi): ApiRoutes {
  return ApiRoutes.fromPartial({
    deploymentId: id,
    apiId: id.split('/')[0] ?? id,
    apiHandle: 'sample',
    displayName: 'Sample',
    apiVersion: 'v1.0',
    context,
    environment: 'default',
    generation: 1,
    upstreams: [
      {
        name: 'main',
        basePath: '/api',
        targets: [{ scheme: 'http', host: 'b', port: 80, weight: 1 }],
        hostRewrite: HostRewrite.AUTO,
      },
    ],
    policies: policies.map((use) => PolicyUse.fromPartial({ version: 'v1', level: PolicyLevel.API, paramsJson: '{}', ...use })),
    routes: operations.map((operation, index) => sampleRoute(context, operation, index)),
  });
}

function sampleRoute(context: string, operation: SampleOperation, index: number): Route {
  const vhosts = operation.vhosts ?? ['*'];
  const path = samplePattern(context, operation);
  const headers = operation.headers ?? [];
  const suffix = headers.length === 0 ? '' : `|${JSON.stringify(headers)}`;
  return Route.fromPartial({
    id: `${operation.method}|${path.template}|${vhosts.join()}${suffix}`,
    vhosts,
    method: operation.method,
    path,
    headers,
    upstream: 'main',
    chain: operation.chain ?? [],
    operationPath: operation.path,
    operationIndex: index,
  });
}

function samplePattern(context: string, { path, tail }: SampleOperation): PathPattern {
  const subtree = path.endsWith('/*');
  const template = context + (subtree ? path.slice(0, -2) : path);
  const segments = template.split('/').filter((text) => text !== '');
  const assumed = subtree ? PathTail.SUBTREE : path.includes('{') ? PathTail.EXACT : PathTail.OPTIONAL_SLASH;
  return PathPattern.fromPartial({
    template: context + path,
    segments: segments.map((text) => ({ parts: sampleParts(text) })),
    tail: tail ?? assumed,
  });
}

function sampleParts(text: string): SegmentPart[] {
  const pieces = text.split(/(\{[^}]*\})/).filter((piece) => piece !== '');
  return pieces.map((piece) => ({
    part: piece.startsWith('{') ? { $case: 'parameter', value: piece.slice(1, -1) } : { $case: 'literal', value: piece },
  }));
}
