import type { EventHead } from './read-events.ts';

/** Further behind, reading everything anew is less work than hearing it all. */
const BEHIND_MAX = 10_000;

export interface StartingPoint {
  /** Number of the last event that the client knows, or need not know */
  readonly after: number;
  /** The client missed what cannot be told again */
  readonly resync: boolean;
}

/** `<epoch>-<number>`: after a restored backup the numbers begin to mean something else, and so does the epoch. */
export function eventId(epoch: number, id: number): string {
  return `${epoch}-${id}`;
}

/** Where a stream goes on. Without `lastEventId` it begins now. Pure. */
export function startingPoint(lastEventId: string | undefined, { epoch, first, last }: EventHead): StartingPoint {
  if (lastEventId === undefined || lastEventId === '') return { after: last, resync: false };
  const [, knownEpoch, known] = /^(\d{1,15})-(\d{1,15})$/.exec(lastEventId) ?? [];
  const after = Number(known);
  const kept = first === null ? last : first - 1;
  const resumable = Number(knownEpoch) === epoch && after <= last && after >= kept && last - after <= BEHIND_MAX;
  return resumable ? { after, resync: false } : { after: last, resync: true };
}
