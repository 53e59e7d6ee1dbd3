import type { RestApiAnswer } from '@tidegate/management-api';

/** The part of an answer that is the document: what a PUT takes. */
export function submitted({ apiVersion, kind, metadata, spec }: RestApiAnswer): object {
  return { apiVersion, kind, metadata, spec };
}
