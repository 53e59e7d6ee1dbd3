import { expect, it } from 'vitest';

import { parseProperty, RUNTIME_PROPERTIES } from './runtime-properties.ts';

const limits = RUNTIME_PROPERTIES.flatMap((property) =>
  property.kind.is === 'integer' ? [{ ...property, ...property.kind }] : [],
);

it.each(limits)('$name is taken from $min to $max and refused beyond', (property) => {
  const { min, max } = property;
  for (const value of [min, max, String(min)]) expect(parseProperty(property, value)).toEqual({ ok: true, value: Number(value) });
  for (const value of [min - 1, max + 1, String(max + 1), min + 0.5, '', null])
    expect(parseProperty(property, value).ok).toBe(false);
});

it('reads flags, choices and texts, and nothing that would break a header', () => {
  expect(parseProperty({ kind: { is: 'flag' } }, 'false')).toEqual({ ok: true, value: false });
  expect(parseProperty({ kind: { is: 'flag' } }, 'no').ok).toBe(false);
  expect(parseProperty({ kind: { is: 'choice', of: ['info'] } }, 'INFO').ok).toBe(false);
  const text = { kind: { is: 'text', charsMax: 5 } } as const;
  expect(parseProperty(text, 'a b c')).toEqual({ ok: true, value: 'a b c' });
  for (const value of ['', 'abcdef', 'a\r\nb', 'ä', ' a']) expect(parseProperty(text, value).ok).toBe(false);
});

it('names each property once', () => {
  expect(new Set(RUNTIME_PROPERTIES.map(({ name }) => name)).size).toBe(RUNTIME_PROPERTIES.length);
});
