import { describe, expect, it } from 'vitest';

import { headerPatternProblem } from './header-pattern.ts';
import { nearest } from './nearest.ts';
import { parsePathTemplate, type PathForm } from './path-template.ts';

function shown(path: string, form: PathForm = 'simple'): string {
  const parsed = parsePathTemplate(path, form);
  if (!parsed.ok) return parsed.code;
  const { segments, tail } = parsed.template;
  return `${segments.map((parts) => parts.map((part) => ('literal' in part ? part.literal : `<${part.parameter}>`)).join('+')).join('|')} ${tail}`;
}

describe('parsePathTemplate', () => {
  it.each([
    ['/', 'simple', ' optional-slash'],
    ['/', 'exact', ' optional-slash'],
    ['/', 'prefix', ' subtree'],
    ['/*', 'simple', ' subtree'],
    ['/items', 'simple', 'items optional-slash'],
    ['/items/', 'simple', 'items slash'],
    ['/items', 'exact', 'items exact'],
    ['/items/', 'exact', 'items slash'],
    ['/items', 'prefix', 'items subtree'],
    ['/items/', 'prefix', 'items subtree'],
    ['/items/{id}', 'simple', 'items|<id> exact'],
    ['/items/{id}/', 'simple', 'items|<id> slash'],
    ['/items/{id}/*', 'simple', 'items|<id> subtree'],
    ['/a-{id}.{ext}/b', 'simple', 'a-+<id>+.+<ext>|b exact'],
    ['/a*b/*c', 'simple', 'a*b|*c optional-slash'],
  ] as const)('%s as %s', (path, form, expected) => expect(shown(path, form)).toBe(expected));

  it.each(['items', '/a//b', '/a/../b', '/%2e', '/a/{', '/a/}', '/{a{b}}', '/{}', '/{a/b}', '/{a}{b}', '/a b', '/a%2', '/a#b'])(
    'refuses %s',
    (path) => expect(shown(path)).toBe('invalid_format'),
  );
});

describe('headerPatternProblem', () => {
  it.each(['v[0-9]+\\.[0-9]+', 'a|b', '(?:ab)+', '(foo)?bar', '[a(+]{2,4}x', '\\d{1,3}', '(?:a|b)?c', '\\(+', '.*x.*'])(
    'accepts %s',
    (pattern) => expect(headerPatternProblem(pattern)).toBeNull(),
  );
  it.each([
    '',
    '(',
    'a)(b',
    '(a+)+',
    '(a|a)*',
    '((?:a)+)*',
    '(?=a)',
    '(?<n>a)',
    '(a)\\1',
    '.*.*.*',
    '(?:(?:a|b)c){2,}',
    'x'.repeat(300),
  ])('refuses %s', (pattern) => expect(headerPatternProblem(pattern)).not.toBeNull());
});

describe('nearest', () => {
  it('finds what was meant', () => {
    expect(nearest('upstreams', ['context', 'upstream', 'vhosts'])).toBe('upstream');
    expect(nearest('Context', ['context'])).toBe('context');
    expect(nearest('params', ['parameters', 'name'])).toBe(null);
    expect(nearest('operation', ['operations', 'policies'])).toBe('operations');
    expect(nearest('zzz', ['context'])).toBeNull();
  });
});
