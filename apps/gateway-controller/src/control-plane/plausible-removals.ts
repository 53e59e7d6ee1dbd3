/** More than this many, and more than this share, of what is there: nobody means that by a listing (invariant 15). */
const REMOVALS_MAX = 10;
const REMOVALS_SHARE_MAX = 0.2;

/**
 * Whether a listing may take away `missing` of `there` things for not naming them. A listing that names nothing takes nothing away, and
 * one that leaves none of several is a listing of something else, however few they are. Pure.
 */
export function arePlausible(missing: number, there: number, listed: number): boolean {
  if (missing === 0) return true;
  if (listed === 0 || (missing === there && there > 1)) return false;
  return missing <= REMOVALS_MAX || missing <= there * REMOVALS_SHARE_MAX;
}
