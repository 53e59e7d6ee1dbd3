import { expect, it } from 'vitest';

import { createLogRing } from './log-ring.ts';
import { maskSecrets } from './mask-secrets.ts';

it('keeps the newest lines within its bound, and hands everything on', () => {
  let sunk = 0;
  const ring = createLogRing((lines) => void (sunk += lines.length));
  const line = `${'x'.repeat(1000)}\n`;
  for (let index = 0; index < 5000; index += 1) ring.write(`${index} ${line}`);
  const kept = ring.lines('');
  expect(sunk).toBeGreaterThan(5_000_000);
  expect(kept.reduce((chars, { length }) => chars + length, 0)).toBeLessThanOrEqual(2 * 1024 * 1024);
  expect(kept.at(-1)).toMatch(/^4999 x/);
  expect(kept.length).toBeGreaterThan(1000);
});

it('answers the lines of one day', () => {
  const ring = createLogRing(() => undefined);
  ring.write('{"time":"2026-11-24T23:59:59.000Z"}\n{"time":"2026-11-25T00:00:00.000Z"}\n');
  expect(ring.lines('2026-11-25')).toEqual(['{"time":"2026-11-25T00:00:00.000Z"}']);
});

it.each([
  ['joined with tgj_abcdefghijklmnopqrstuvwxyz0123', 'abcdefgh'],
  ['authorization: Bearer abc.def.ghi', 'abc.def'],
  ['{"password":"hunter22"}', 'hunter22'],
  ['{"apiKey": "k-1234567"}', 'k-1234567'],
  ['GET /pets?api_key=k-1234567&x=1', 'k-1234567'],
  ['postgres://user:pa55word@db/x', 'pa55word'],
])('does not keep the secret of %s', (line, secret) => {
  const ring = createLogRing(() => undefined);
  ring.write(`${line}\n`);
  expect(ring.lines('').join('')).not.toContain(secret);
  expect(ring.lines('').join('')).toContain('***');
});

it('leaves an ordinary line as it is', () => {
  const line = '{"level":"info","time":"2026-11-25T10:00:00.000Z","name":"router","routes":4,"msg":"Serving a new table"}';
  expect(maskSecrets(line)).toBe(line);
});
