import {
  ApiKey,
  ApiRoutes,
  contentHash,
  EntryKind,
  PathTail,
  PolicyUse,
  type Route,
  tableHash,
  Upstream,
} from '@tidegate/gateway-ir';

import { entryKey, type Held, type HeldEntry } from '../discovery/held.ts';

/** Hand-made tables for the tests of this app. */
export interface SampleDeployment {
  readonly id?: string;
  readonly context: string;
  readonly upstream: Partial<Upstream>;
  /** Policies of every route, in order */
  readonly policies?: readonly Partial<PolicyUse>[];
  readonly routes: readonly (Partial<Route> & { method: string; operationPath: string })[];
}

export function sampleDeployment({ id = 'api/env', context, upstream, policies = [], routes }: SampleDeployment): HeldEntry {
  const message = ApiRoutes.fromPartial({
    deploymentId: id,
    apiId: id.split('/')[0] ?? id,
    apiHandle: 'sample',
    displayName: 'Sample',
    apiVersion: 'v1.0',
    context,
    environment: 'default',
    generation: 1,
    upstreams: [Upstream.fromPartial({ name: 'main', ...upstream })],
    policies: policies.map((use) => PolicyUse.fromPartial({ version: 'v1', paramsJson: '{}', ...use })),
    routes: routes.map((route, index) => ({
      id: `${route.method}|${context}${route.operationPath}|*`,
      vhosts: ['*'],
      path: pattern(context, route.operationPath),
      headers: [],
      upstream: 'main',
      chain: policies.map((_, position) => position),
      operationIndex: index,
      ...route,
    })),
  });
  return sampleEntry(EntryKind.ROUTES, id, Buffer.from(ApiRoutes.encode(message).finish()));
}

export function sampleKey(id: string, secret: string, more: Partial<ApiKey> = {}): HeldEntry {
  const digest = { value: contentHash(Buffer.from(secret)) };
  const key = ApiKey.fromPartial({ id, apiId: 'api', name: id, digest, ...more });
  return sampleEntry(EntryKind.API_KEY, id, Buffer.from(ApiKey.encode(key).finish()));
}

export function sampleEntry(kind: EntryKind, id: string, content: Buffer): HeldEntry {
  return { kind, id, content, hash: contentHash(content) };
}

export function sampleHeld(entries: readonly HeldEntry[], version = 1): Held {
  const map = new Map(entries.map((entry) => [entryKey(entry.kind, entry.id), entry]));
  return { gatewayId: 'gw', epoch: 1, version, compilerBuild: 'b', tableHash: tableHash(entries), entries: map };
}

function pattern(context: string, path: string) {
  const subtree = path.endsWith('/*');
  const template = context + (subtree ? path.slice(0, -2) : path);
  const segments = template.split('/').filter((text) => text !== '');
  return {
    template: context + path,
    tail: subtree ? PathTail.SUBTREE : path.includes('{') ? PathTail.EXACT : PathTail.OPTIONAL_SLASH,
    segments: segments.map((text) => ({
      parts: [
        {
          part: text.startsWith('{')
            ? ({ $case: 'parameter', value: text } as const)
            : ({ $case: 'literal', value: text } as const),
        },
      ],
    })),
  };
}
