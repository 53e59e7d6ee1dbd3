import { format, inspect } from 'node:util';

import { expect, it } from 'vitest';

import { createLogger } from './logger.ts';
import { Secret } from './secret.ts';

const token = new Secret('hunter2');

it('reveals its value only when asked', () => {
  expect(token.reveal()).toBe('hunter2');
});

it.each([
  ['JSON', JSON.stringify({ token, list: [token] })],
  ['a template', `${token}`], // oxlint-disable-line typescript/restrict-template-expressions -- exactly the accident the type guards against
  ['inspect', inspect({ token }, { depth: null, showHidden: true })],
  ['format', format('%s %o %j', token, token, token)],
  ['concatenation', 'a' + String(token)],
])('is masked in %s', (_where, text) => {
  expect(text).not.toContain('hunter2');
  expect(text).toContain('***');
});

it.each(['json', 'text'] as const)('is masked in %s log lines', (logFormat) => {
  const lines: string[] = [];
  const logger = createLogger({
    name: 'test',
    level: 'debug',
    format: logFormat,
    destination: { write: (line) => void lines.push(line) },
  });
  logger.info({ token, nested: { deep: [token] } }, 'message %s', token);
  logger.child({ token }).debug('child');
  expect(lines).toHaveLength(2);
  expect(lines.join('')).not.toContain('hunter2');
});
