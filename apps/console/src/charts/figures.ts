/** "0", "0.4", "12", "1.2 k" */
export function rateText(perSecond: number): string {
  if (perSecond >= 1000) return `${Number((perSecond / 1000).toPrecision(3))} k`;
  return String(Number(perSecond.toPrecision(perSecond < 1 ? 2 : 3)));
}

/** "0.4 ms", "12 ms", "1.3 s", "4 min" */
export function durationText(ms: number): string {
  if (ms < 1000) return `${Number(ms.toPrecision(2))} ms`;
  if (ms < 100_000) return `${Number((ms / 1000).toPrecision(2))} s`;
  return `${Math.round(ms / 60_000)} min`;
}

/** "0 %", "0.02 %", "4 %" */
export function shareText(part: number, whole: number): string {
  if (whole === 0) return '—';
  return `${Number(((100 * part) / whole).toPrecision(2))} %`;
}
