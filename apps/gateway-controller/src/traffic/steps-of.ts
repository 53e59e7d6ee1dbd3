import { API_SLOT_SECONDS, NODE_SLOT_SECONDS } from './traffic-columns.ts';

/** Reports of an interval are all there this long after its end: a heartbeat, and the wait of traffic-reports.ts */
const LATE_MS = 3_000;

/** At most 90 steps up to the last one that is over, on whole multiples of their length. */
export function stepsOf(minutes: number, of: 'node' | 'api', nowMs: number): { fromMs: number; toMs: number; stepMs: number } {
  const slotMs = 1000 * (of === 'node' ? NODE_SLOT_SECONDS : API_SLOT_SECONDS);
  const stepMs = Math.ceil((minutes * 60_000) / 90 / slotMs) * slotMs;
  const toMs = Math.floor((nowMs - LATE_MS) / stepMs) * stepMs;
  return { fromMs: toMs - Math.floor((minutes * 60_000) / stepMs) * stepMs, toMs, stepMs };
}
