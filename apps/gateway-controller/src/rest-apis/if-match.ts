import { ApiError } from '../http/api-error.ts';

/** The entity tag of an API, a plan, … is its generation. */
export function etagOf(generation: number): string {
  return `"${generation}"`;
}

/** Refuses a write meant for another state of `what` (412). Without the header every state is meant (decision 21). */
export function refuseUnlessMatching(ifMatch: string | undefined, generation: number, what = 'The API'): void {
  if (ifMatch === undefined || ifMatch.trim() === '*') return;
  const wanted = ifMatch.split(',').map((tag) => tag.trim());
  // Strong comparison (RFC 9110 §13.1.1): a weak tag never matches. Bare numbers are taken as meant.
  if (wanted.includes(etagOf(generation)) || wanted.includes(String(generation))) return;
  throw new ApiError(412, 'precondition_failed', `${what} is at generation ${generation}; read it again before you change it`);
}
