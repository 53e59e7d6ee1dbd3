import { createHash } from 'node:crypto';

import type { InboxPutRequest } from '@tidegate/sync-link';
import { z } from 'zod';

/** Reads what came over the WebSocket; null = not an event, and nothing to keep. Pure. */
export function readEnvelope(text: string): InboxPutRequest | null {
  const parsed = envelope.safeParse(jsonOf(text));
  if (!parsed.success) return null;
  const { type, payload, timestamp, correlationId, userId } = parsed.data;
  const payloadJson = JSON.stringify(withoutTokens(payload));
  const performed = timed.safeParse(payload);
  const performedAt = performed.success ? performed.data.performedAt : timestamp;
  // A redelivery has the same payload. Times of sending differ between replays of one deployment, so they count only where nothing
  // else tells one event from the next.
  const identity = performed.success ? [type, payloadJson] : [type, payloadJson, timestamp, correlationId];
  const dedupeKey = createHash('sha256').update(JSON.stringify(identity)).digest('hex');
  return { eventType: type, payloadJson, dedupeKey, performedAt, correlationId, userId };
}

/** A subscription's token opens doors: its digest goes on in its place, and is all that is ever stored. */
function withoutTokens(payload: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { subscriptionToken: token } = payload;
  if (typeof token !== 'string' || token === '') return payload;
  return { ...payload, subscriptionToken: { sha256: createHash('sha256').update(token).digest('hex') } };
}

const text = (charsMax: number) => z.string().max(charsMax).catch('').default('');
const envelope = z.object({
  type: z.string().min(1).max(100),
  payload: z.record(z.string(), z.unknown()),
  timestamp: text(64),
  correlationId: text(200),
  userId: text(200),
});
const timed = z.object({ performedAt: z.string().min(1).max(64) });

function jsonOf(message: string): unknown {
  try {
    return JSON.parse(message);
  } catch {
    return null;
  }
}
