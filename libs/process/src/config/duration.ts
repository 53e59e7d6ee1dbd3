import { z } from 'zod';

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
const PART = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)/g;
const WHOLE = /^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h|d))+$/;

/**
 * A duration key: `"500ms"`, `"3s"`, `"1h30m"`, `"30d"` (Go's notation plus days) or a bare number of milliseconds; milliseconds out.
 * Write a default as `durationMs().default(3000)` (milliseconds) or `.prefault('3s')`.
 */
export function durationMs(): z.ZodType<number, string | number> {
  return z.union([z.number(), z.string()]).transform((value, context) => {
    const ms = toMs(value);
    if (ms !== null) return ms;
    context.addIssue({ code: 'custom', message: 'expected a duration such as "500ms", "3s", "5m" or "1h"' });
    return z.NEVER;
  });
}

function toMs(value: number | string): number | null {
  if (typeof value === 'number') return Number.isFinite(value) && value >= 0 ? value : null;
  const text = value.trim();
  if (/^\d+$/.test(text)) return Number(text);
  if (!WHOLE.test(text)) return null;
  let ms = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(PART)) ms += Number(amount) * (UNIT_MS[unit] ?? Number.NaN);
  return ms;
}
