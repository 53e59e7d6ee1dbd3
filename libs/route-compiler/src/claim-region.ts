import type { ApiRoutes } from '@tidegate/gateway-ir';

import { claimOf } from './claims.ts';

/** Where a claim lies. Claims of different places, or with different segments, never take the same request. */
interface ClaimRegion {
  /** Host pattern and method */
  readonly place: string;
  /** First segment of the path; `null` = it may be anything: a parameter, a wildcard, or there is none */
  readonly segment: string | null;
}

export function regionOf(claim: string): ClaimRegion {
  const placeEnd = claim.indexOf(' ', claim.indexOf(' ') + 1);
  return { place: claim.slice(0, placeEnd), segment: literalSegment(claim, placeEnd + 1) };
}

/** Where the routes of one API lie, each region once. */
export function regionsOf({ context, routes }: ApiRoutes): ClaimRegion[] {
  const segment = literalSegment(context, 0);
  const places = routes.flatMap((route) => route.vhosts.map((vhost) => regionOf(claimOf(route, vhost)).place));
  return [...new Set(places)].map((place) => ({ place, segment }));
}

/** Of the path that begins at `start`: "/a/b" → "a" */
function literalSegment(text: string, start: number): string | null {
  let end = start + 1;
  while (end < text.length && text[end] !== '/' && text[end] !== ' ') end++;
  const segment = text.slice(start + 1, end);
  return segment === '' || segment === '*' || segment.includes('{}') ? null : segment;
}
