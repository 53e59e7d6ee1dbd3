import { expect, it } from 'vitest';

import { headersOf } from './headers-of.ts';

it('reads pasted lines, values with colons and names that come again', () => {
  expect(headersOf('Host: a.example:8443\r\n\n  Accept : text/html\naccept: */*\nX-Empty')).toEqual({
    host: 'a.example:8443',
    accept: 'text/html, */*',
    'x-empty': '',
  });
});

it('keeps a name that objects have by themselves', () => {
  expect(Object.hasOwn(headersOf('__proto__: x'), '__proto__')).toBe(true);
});
