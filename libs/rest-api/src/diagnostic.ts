import { cut } from './json-path.ts';

/** One thing a user can mend, as a value. Never thrown; all of a document's diagnostics are reported at once. */
export interface Diagnostic {
  /** JSON path from the root of the document: `spec.operations[0].method`. "" = the whole document */
  readonly path: string;
  /** Stable, snake_case: `required`, `invalid_type`, `invalid_format`, `unknown_field`, … */
  readonly code: string;
  readonly message: string;
}

/** More than a user can read; a document may hold a megabyte of mistakes. */
export const DIAGNOSTICS_MAX = 500;

/** Messages quote what the user wrote, which may be a megabyte. */
const MESSAGE_LENGTH_MAX = 500;

/** In order, no longer than a user can read, and no more than DIAGNOSTICS_MAX; the last one then says how many are left out. */
export function presentable(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const sorted = inDocumentOrder(diagnostics).map((one) => ({ ...one, message: cut(one.message, MESSAGE_LENGTH_MAX) }));
  if (sorted.length <= DIAGNOSTICS_MAX) return sorted;
  const left = sorted.length - DIAGNOSTICS_MAX;
  return [...sorted.slice(0, DIAGNOSTICS_MAX), { path: '', code: 'too_many', message: `… and ${left} more` }];
}

/**
 * `syntax`: the text is no JSON or YAML; `message` begins with "failed to parse configuration: " (WSO2 writes a capital F in the
 * answer to a PUT) and there are no diagnostics. `validation`: `message` is "Configuration validation failed" and there is at least one.
 */
export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | {
      readonly ok: false;
      readonly stage: 'syntax' | 'validation';
      readonly message: string;
      readonly diagnostics: Diagnostic[];
    };

/**
 * Sorts by the order in which WSO2's gateway reports (reference management-api §2): by section, then by position in the
 * section's lists; otherwise the given order stays. Unknown fields come last, unknown
 * policy parameters with their policy. Pure; returns a new array.
 */
export function inDocumentOrder(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics
    .map((diagnostic) => ({ diagnostic, rank: rankOf(diagnostic) }))
    .sort((a, b) => compareRanks(a.rank, b.rank))
    .map(({ diagnostic }) => diagnostic);
}

const SECTIONS: readonly RegExp[] = [
  /^$/,
  /^(apiVersion|kind)\b/,
  /^spec$/,
  /^spec\.displayName\b/,
  /^spec\.version\b/,
  /^spec\.context\b/,
  /^spec\.upstreamDefinitions\b/,
  /^spec\.upstream(\.main\b|$)/,
  /^spec\.upstream\b/,
  /^spec\.resilience\b/,
  /^spec\.operations(?!.*\.policies\b)/,
  /^spec\.policies\b/,
  /^spec\.operations\b/,
  /^spec\b/,
  /^metadata\b/,
];

function rankOf({ path, code }: Diagnostic): number[] {
  const section =
    code === 'unknown_field' && !path.includes('.params') ? SECTIONS.length : SECTIONS.findIndex((pattern) => pattern.test(path));
  const positions = Array.from(path.matchAll(/\[(\d+)\]/g), (match) => Number(match[1]));
  return [section === -1 ? SECTIONS.length : section, ...positions];
}

function compareRanks(a: readonly number[], b: readonly number[]): number {
  const length = Math.max(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const difference = (a[at] ?? -1) - (b[at] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}
