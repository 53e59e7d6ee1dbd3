import type { RestApiDocument } from './document.ts';

/** What the document asks for; both spellings mean the same (decision 4), none means deployed. */
export function desiredStateOf(document: RestApiDocument): 'deployed' | 'undeployed' {
  return document.spec.desiredState ?? document.spec.deploymentState ?? 'deployed';
}

/** `spec.context` with every `$version` replaced by `spec.version` as written, e.g. "/reading-list/v1.0". */
export function resolvedContext(document: RestApiDocument): string {
  return resolveContext(document.spec.context, document.spec.version);
}

export function resolveContext(context: string, version: string): string {
  return context.replaceAll('$version', () => version);
}

/** The annotation that says which uuid a new API is to have (reference management-api §2.1). */
export const ARTIFACT_ID = 'gateway.api-platform.wso2.com/artifact-id';

/** `null` = any will do. */
export function pinnedIdOf({ metadata }: RestApiDocument): string | null {
  return metadata.annotations?.[ARTIFACT_ID]?.toLowerCase() ?? null;
}
