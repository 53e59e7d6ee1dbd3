import type { RestApiAnswer } from '@tidegate/management-api';

/** The part of an answer that is the document: what a PUT takes. */
export function submitted({ apiVersion, kind, metadata, spec }: RestApiAnswer): object {
  return { apiVersion, kind, metadata, spec };
}

/** Why it is not changed here (decision 15); null = it may be. */
export function ownedElsewhere({ origin }: Pick<RestApiAnswer, 'origin'>): string | null {
  return origin === 'control_plane' ? 'The control plane owns it: it is changed there' : null;
}
