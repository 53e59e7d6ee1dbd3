import { randomHex } from './random-hex.ts';

/** Where a piece of work stands in a distributed trace (W3C Trace Context, level 1). */
export interface Trace {
  /** 32 hex digits */
  readonly traceId: string;
  /** Of this piece of work, 16 hex digits */
  readonly spanId: string;
  /** Of whoever asked for it; `null` = the trace begins here */
  readonly parentSpanId: string | null;
  /** Its spans are recorded */
  readonly sampled: boolean;
  /** To send on: the same trace, with this piece of work as parent */
  readonly traceparent: string;
}

/** The trace of whoever asks if its traceparent is well-formed, else a new one, for which `sample` decides. */
export function traceOf(presented: string | undefined, sample: () => boolean): Trace {
  const spanId = randomHex(16);
  if (presented !== undefined && isTraceparent(presented)) {
    const traceId = presented.slice(3, 35);
    const flags = presented.slice(53, 55);
    return {
      traceId,
      spanId,
      parentSpanId: presented.slice(36, 52),
      sampled: SAMPLED.test(flags),
      traceparent: `00-${traceId}-${spanId}-${flags}`,
    };
  }
  const traceId = randomHex(32);
  const sampled = sample();
  const traceparent = `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`;
  return { traceId, spanId, parentSpanId: null, sampled, traceparent };
}

/** Version 00 has exactly these fields; later versions begin with them (§3.2.4). ff is no version, ids of zeros are none. */
function isTraceparent(text: string): boolean {
  if (!FIELDS.test(text) || text.startsWith('ff') || text.startsWith(NO_TRACE, 3) || text.startsWith(NO_SPAN, 36)) return false;
  return text.length === 55 || !text.startsWith('00');
}

const FIELDS = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/;
/** The last bit of the flags */
const SAMPLED = /[13579bdf]$/;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);
