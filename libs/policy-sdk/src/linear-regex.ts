import { RE2JS } from 're2js';
import { z } from 'zod';

/**
 * A regular expression of a user. RE2 semantics: time linear in the text, whatever the pattern; no back-references, no look-around.
 * Throws on a text so long that this pattern could take it about a second (WORK_MAX): who asks must refuse what was not looked at.
 */
export interface LinearRegex {
  /** Anywhere in the text */
  test(text: string): boolean;
  /** All matches, `\1` … `\9` (and `\0`) in the substitution standing for groups */
  replaceAll(text: string, substitution: string): string;
}

/** Longer patterns are refused: compiled size grows with them (invariant 9). */
const PATTERN_MAX = 1024;
/** States of the compiled automaton: `(x{0,30}){0,30}` counts too, which no length bound would see. */
const PROGRAM_MAX = 5000;
/**
 * States of the automaton × characters of the text: at worst each pair is looked at once, in about 80 ns. Linear alone does not keep
 * the event loop free: 4593 states and 100 000 characters were measured at 36 s.
 */
const WORK_MAX = 10_000_000;

/** Throws on a pattern that is no RE2 pattern, or too big. */
export function linearRegex(pattern: string): LinearRegex {
  const compiled = RE2JS.compile(pattern);
  const states = compiled.programSize();
  if (states > PROGRAM_MAX) throw new Error('regular expression is too big');
  const bound = (text: string): void => {
    if (states * text.length > WORK_MAX) throw new Error('the text is too long for this regular expression');
  };
  return {
    test(text) {
      bound(text);
      // Not matcher().find(): that one cannot take the way without groups, which is up to forty times as fast.
      return compiled.test(text);
    },
    replaceAll(text, substitution) {
      bound(text);
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
