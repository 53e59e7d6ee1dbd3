import { checkRestApi } from '@tidegate/rest-api';
import { DesiredState, type Work } from '@tidegate/sync-link';

import { type ExportedApi, exportApi, type ExportOptions } from '@tidegate/rest-api/apim';
import { type Failure, failure } from './classify.ts';
import type { Desired } from './plan.ts';

/** A tombstone has no document and needs none. */
export function exportWork(
  work: Work,
  options: ExportOptions,
): { readonly api: ExportedApi | null } | { readonly failure: Failure } {
  if (!STATES.has(work.desired))
    return { failure: failure('retryable', 'unknown_state', 'The controller is of a newer release than this worker') };
  return work.desired === DesiredState.DEPLOYED ? exportDocument(work.documentJson, options) : { api: null };
}

/** A stored document as it goes to APIM. */
export function exportDocument(
  json: string,
  options: ExportOptions,
): { readonly api: ExportedApi } | { readonly failure: Failure } {
  const document = checkRestApi(parseJson(json));
  if (!document.ok) {
    const [first] = document.diagnostics;
    const where = first === undefined ? '' : ` (${first.path}: ${first.message})`;
    return {
      failure: failure('terminal', 'document_unreadable', `The stored document is not a RestApi of this release${where}`),
    };
  }
  const result = exportApi(document.value, options);
  return result.ok ? { api: result.api } : { failure: failure('terminal', 'not_exportable', result.message) };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** The words of sync.proto. */
export const STATES: ReadonlyMap<DesiredState, Desired['state']> = new Map([
  [DesiredState.DEPLOYED, 'deployed'],
  [DesiredState.UNDEPLOYED, 'undeployed'],
  [DesiredState.DELETED, 'deleted'],
] as const);
