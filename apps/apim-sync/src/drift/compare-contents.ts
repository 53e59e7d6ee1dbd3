import type { Difference } from '@tidegate/sync-link';

import type { Content } from '@tidegate/rest-api/apim';

/** As many as anybody reads. */
const DIFFERENCES_MAX = 100;

/**
 * Where APIM's copy is not what was pushed, with what the gateway wants there now: base is what was pushed, and what only `ours` changed is no
 * drift. Paths that APIM's answer cannot have (`isSaid`) are left out. Pure.
 */
export function compareContents(base: Content, ours: Content, theirs: Content, isSaid: (path: string) => boolean): Difference[] {
  const paths = [...new Set([...Object.keys(base), ...Object.keys(theirs)])].sort();
  return paths
    .filter((path) => isSaid(path) && base[path] !== theirs[path])
    .slice(0, DIFFERENCES_MAX)
    .map((path) => ({ path, base: base[path], ours: ours[path], theirs: theirs[path] }));
}
