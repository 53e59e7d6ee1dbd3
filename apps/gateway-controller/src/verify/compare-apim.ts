import type { Difference } from '@tidegate/management-api';

/** An API that APIM should know of, or one that it should have let go of. */
export interface LinkedApi {
  readonly handle: string;
  /** Of the document; `null` = deleted */
  readonly generation: number | null;
  /** `null` = nobody has noted that it must be pushed */
  readonly link: {
    readonly phase: string;
    readonly desiredGeneration: number;
    readonly syncedGeneration: number;
    readonly inDoubt: boolean;
    /** A look into APIM is under way or due: no doubt, but no certainty either */
    readonly looking: boolean;
    readonly paused: boolean;
    readonly message: string | null;
  } | null;
}

/** What APIM is known to have, beside what it should have. Pure. */
export function compareApim(apis: readonly LinkedApi[]): Difference[] {
  return apis.flatMap(({ handle, generation, link }): Difference[] => {
    const found = (code: Difference['code'], message: string): Difference[] => [
      { stage: 'apim', code, gateway: null, subject: handle, message },
    ];
    if (link === null) return found('not_linked', 'nothing says that APIM should have it');
    if (generation !== null && link.desiredGeneration !== generation)
      return found('not_linked', `the document is at generation ${generation}, APIM is to get ${link.desiredGeneration}`);
    if (link.syncedGeneration !== link.desiredGeneration || link.phase !== 'synced') {
      const why = link.paused ? 'paused by an operator' : (link.message ?? link.phase);
      return found('not_synced', `APIM has generation ${link.syncedGeneration} of ${link.desiredGeneration}: ${why}`);
    }
    return link.inDoubt ? found('in_doubt', 'what APIM has is not known for sure; it will be looked at') : [];
  });
}
