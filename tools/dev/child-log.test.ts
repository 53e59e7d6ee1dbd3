import { expect, it } from 'vitest';
import { worthShowing } from './child-log.ts';

it.each([
  ['{"level":30,"msg":"listening"}', null],
  ['{"level":40,"msg":"slow"}', 'warning: slow'],
  ['{"level":"error","msg":"no","err":{"message":"refused"}}', 'error: no: refused'],
  ['2026-01-01 LOG:  checkpoint starting', null],
  ['2026-01-01 FATAL:  could not create lock file', '2026-01-01 FATAL:  could not create lock file'],
  ['TypeError: x is not a function', 'TypeError: x is not a function'],
  ['    at file.js:1:1', null],
])('%s', (line, shown) => {
  expect(worthShowing(line)).toBe(shown);
});
