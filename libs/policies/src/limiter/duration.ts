import { z } from 'zod';

/** As WSO2 writes them: one number, one unit. Shorter than a millisecond cannot be measured here. */
export const durationText = z
  .string()
  .max(32)
  .regex(/^[0-9]+(ns|us|µs|ms|s|m|h)$/, 'a number and a unit: ns, us, ms, s, m, h')
  .refine((text) => durationToMs(text) >= 1, 'must be at least 1ms')
  .refine((text) => durationToMs(text) <= DURATION_MS_MAX, 'must be at most 31 days');

/** As Go writes them, several in a row: "1h30m". */
export const durationsText = z
  .string()
  .max(64)
  .regex(/^(?:[0-9]+(?:\.[0-9]+)?(?:ns|us|µs|ms|s|m|h))+$/, 'a duration like "1m" or "1h30m"')
  .refine((text) => durationToMs(text) >= 1, 'must be at least 1ms')
  .refine((text) => durationToMs(text) <= DURATION_MS_MAX, 'must be at most 31 days');

const DURATION_MS_MAX = 31 * 24 * 3600 * 1000;

const UNIT_MS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Whole milliseconds of a checked duration. */
export function durationToMs(text: string): number {
  let ms = 0;
  for (const [, amount = '0', unit = ''] of text.matchAll(/([0-9.]+)(ns|us|µs|ms|s|m|h)/g))
    ms += Number(amount) * (UNIT_MS[unit] ?? 0);
  return Math.floor(ms);
}
