import type { RestApiDocument } from '../document.ts';
import { durationToMs, TIMEOUT_MS_MAX } from '../duration.ts';
import type { Sound, SoundDocument } from '../sound.ts';
import type { Report } from './report.ts';

type Resilience = Sound<NonNullable<RestApiDocument['spec']['resilience']>>;

export function resilienceRules({ spec }: SoundDocument, report: Report): void {
  resilienceRule(spec?.resilience, 'spec.resilience', report);
}

/** Whole-response and idle timeout; "0s" disables. Source: reference management-api §2.5. */
export function resilienceRule(resilience: Resilience | undefined, path: string, report: Report): void {
  for (const name of ['timeout', 'idleTimeout'] as const) {
    const text = resilience?.[name];
    if (text === undefined) continue;
    const ms = durationToMs(text);
    if (ms === null) {
      report(
        `${path}.${name}`,
        'invalid_format',
        "Invalid timeout format (expected a single-unit duration like '30s', '1m', '500ms', or '0s' to disable; compound, negative, and unitless values are not allowed)",
      );
    } else if (ms > TIMEOUT_MS_MAX) report(`${path}.${name}`, 'too_big', "Timeout must be at most 24h; use '0s' to disable it");
  }
}
