import { randomHex } from './random-hex.ts';

/** Where a request stands in a distributed trace (W3C Trace Context, level 1). */
export interface Trace {
  /** 32 hex digits; in the access line */
  readonly traceId: string;
  /** To send upstream: the same trace, with a span id of this gateway as parent */
  readonly traceparent: string;
  /** The client's trace goes on; a tracestate without a valid traceparent means nothing and is dropped (§3.3.1.3) */
  readonly continued: boolean;
}

/** The client's trace if its traceparent is well-formed, else a new one, not sampled: whoever records decides. */
export function traceOf(presented: string | undefined): Trace {
  if (presented !== undefined && isTraceparent(presented)) {
    const traceId = presented.slice(3, 35);
    return { traceId, traceparent: `00-${traceId}-${randomHex(16)}-${presented.slice(53, 55)}`, continued: true };
  }
  const traceId = randomHex(32);
  return { traceId, traceparent: `00-${traceId}-${randomHex(16)}-00`, continued: false };
}

/** Version 00 has exactly these fields; later versions begin with them (§3.2.4). ff is no version, ids of zeros are none. */
function isTraceparent(text: string): boolean {
  if (!FIELDS.test(text) || text.startsWith('ff') || text.startsWith(NO_TRACE, 3) || text.startsWith(NO_SPAN, 36)) return false;
  return text.length === 55 || !text.startsWith('00');
}

const FIELDS = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-|$)/;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);
