import type { Propagation, RestApiAnswer } from '@tidegate/management-api';
import { type Diagnostic, resolvedContext, type RestApiDocument } from '@tidegate/rest-api';

import type { SyncStatus } from '../apim-link/sync-info.ts';
import type { ApiRow } from './rest-apis.repository.ts';

export interface AnswerExtras {
  /** `null` for an API that is not ours to push */
  readonly sync: SyncStatus | null;
  /** What the gateway says where the document says nothing */
  readonly vhosts: RestApiDocument['spec']['vhosts'];
  readonly warnings?: readonly Diagnostic[];
  readonly propagation?: Propagation | null;
}

/**
 * The answer every RestApi endpoint gives (decision 2): the document, WSO2's `status`, and the flat fields that the guide's `jq`
 * commands read. The flat `context` has `$version` replaced, `spec.context` is as submitted.
 */
export function restApiAnswer(api: ApiRow, { sync, vhosts, warnings = [], propagation = null }: AnswerExtras): RestApiAnswer {
  const { apiVersion, kind, metadata, spec } = api.document;
  const flat = {
    uuid: api.id,
    origin: api.origin,
    desiredState: api.desiredState,
    generation: api.generation,
    cpSyncStatus: sync?.cpSyncStatus ?? null,
    cpSyncInfo: sync?.cpSyncInfo ?? {},
    createdAt: api.createdAt.toISOString(),
    updatedAt: api.updatedAt.toISOString(),
    deployedAt: api.deployedAt?.toISOString() ?? null,
  };
  return {
    apiVersion,
    kind,
    metadata,
    spec: { ...spec, vhosts: { ...vhosts, ...spec.vhosts } },
    status: { id: api.handle, state: api.desiredState, ...flat },
    ...flat,
    displayName: api.displayName,
    version: api.version,
    context: resolvedContext(api.document),
    policies: spec.policies ?? [],
    ...(warnings.length > 0 ? { warnings: [...warnings] } : {}),
    ...(propagation === null ? {} : { propagation }),
  };
}

/** In a list `spec.context` is resolved too, as WSO2 has it. */
export function listedRestApi(api: ApiRow, extras: Pick<AnswerExtras, 'sync' | 'vhosts'>): RestApiAnswer {
  const answer = restApiAnswer(api, extras);
  return { ...answer, spec: { ...answer.spec, context: answer.context } };
}
