import { expect, it } from 'vitest';

import { bodyText } from './body-text.ts';

it.each([
  ['utf8', undefined, 'bäd'],
  ['utf8', 'application/json', 'bäd'],
  ['utf8', 'application/json; charset=UTF-8', 'bäd'],
  ['utf8', 'application/json; charset="utf-8"', 'bäd'],
  ['latin1', 'text/plain; charset=ISO-8859-1', 'bäd'],
  ['utf16le', 'text/plain; charset=utf-16le', 'bäd'],
  // What cannot be read for sure
  ['latin1', undefined, null],
  ['utf16le', undefined, null],
  ['utf16le', 'application/json; charset=utf-8', null],
  ['utf8', 'text/plain; charset=utf-16', null],
  ['utf8', 'text/plain; charset=utf-7', null],
  ['utf8', 'text/plain; charset=cp037', null],
  ['utf8', 'text/plain; charset=', null],
  ['utf8', 'text/plain; charset=utf-8; charset=utf-16le', null],
  ['utf8', 'text/plain; charset=utf-8, text/plain; charset=latin1', null],
] as [BufferEncoding, string | undefined, string | null][])('%s sent as %s', (encoding, contentType, text) => {
  expect(bodyText(Buffer.from('bäd', encoding), contentType)).toBe(text);
});

it('reads past a mark of its own charset, and refuses that of another', () => {
  expect(bodyText(Buffer.from('\uFEFFok'), undefined)).toBe('ok');
  expect(bodyText(Buffer.from('\uFEFFok', 'utf16le'), undefined)).toBeNull();
  expect(bodyText(Buffer.from('o\0k'), undefined)).toBeNull();
});
