import { RE2JS } from 're2js';
import { z } from 'zod';

/** A regular expression of a user. RE2 semantics: time linear in the text, whatever the pattern; no back-references, no look-around. */
export interface LinearRegex {
  /** Anywhere in the text */
  test(text: string): boolean;
  /** All matches, `\1` … `\9` (and `\0`) in the substitution standing for groups */
  replaceAll(text: string, substitution: string): string;
}

/** Longer patterns are refused: compiled size grows with them (invariant 9). */
const PATTERN_MAX = 1024;
/** States of the compiled automaton: `(x{0,30}){0,30}` counts too, which no length bound would see. */
const PROGRAM_MAX = 10_000;

/** Throws on a pattern that is no RE2 pattern, or too big. */
export function linearRegex(pattern: string): LinearRegex {
  const compiled = RE2JS.compile(pattern);
  if (compiled.programSize() > PROGRAM_MAX) throw new Error('regular expression is too big');
  return {
    test: (text) => compiled.matcher(text).find(),
    replaceAll(text, substitution) {
      const matcher = compiled.matcher(text);
      let out = '';
      let at = 0;
      while (matcher.find()) {
        out += text.slice(at, matcher.start()) + expand(substitution, (group) => groupOf(matcher, group));
        at = matcher.end();
      }
      return out + text.slice(at);
    },
  };
}

interface Groups {
  groupCount(): number;
  group(group: number): string | null;
}

function groupOf(matcher: Groups, group: number): string {
  return group <= matcher.groupCount() ? (matcher.group(group) ?? '') : '';
}

function expand(substitution: string, group: (index: number) => string): string {
  return substitution.replaceAll(/\\([0-9\\])/g, (_all, what: string) => (what === '\\' ? '\\' : group(Number(what))));
}

/** Parameters that hold a pattern. */
export const regexPattern = z
  .string()
  .min(1)
  .max(PATTERN_MAX)
  .refine(isLinearRegex, 'must be a regular expression in RE2 syntax: no look-around, no back-references, bounded size');

function isLinearRegex(pattern: string): boolean {
  try {
    linearRegex(pattern);
    return true;
  } catch {
    return false;
  }
}
