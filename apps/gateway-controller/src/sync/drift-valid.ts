import type { ApimLinks } from '../apim-link/apim-links.ts';

/** How long a comparison that found no drift is believed: what was true three intervals ago says nothing about today. */
export function driftValidMs(links: Pick<ApimLinks, 'driftIntervalMs'>): number {
  return 3 * links.driftIntervalMs();
}
