/**
 * What a Retry-After header asks for, in milliseconds from `nowMs`; null when absent or unreadable.
 * Source: RFC 9110 §10.2.3 (delay-seconds or HTTP-date). A date in the past is 0.
 */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, Number.MAX_SAFE_INTEGER);
  // Date.parse accepts far more than an HTTP-date ("-1", "soon 2026"); every HTTP-date names its day and ends in GMT.
  if (!/^(Mon|Tues?|Wed(nes)?|Thu(rs)?|Fri|Sat(ur)?|Sun)(day)?,? .*GMT$/.test(text)) return null;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : Math.max(0, atMs - nowMs);
}
