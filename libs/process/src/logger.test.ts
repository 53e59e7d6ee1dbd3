import { expect, it } from 'vitest';

import { createLogger } from './logger.ts';

function capture(
  format: 'json' | 'text',
  level: 'info' | 'debug' = 'info',
): { lines: string[]; logger: ReturnType<typeof createLogger> } {
  const lines: string[] = [];
  return {
    lines,
    logger: createLogger({ name: 'router', level, format, destination: { write: (line) => void lines.push(line) } }),
  };
}

it('writes one JSON object per line with the level as a word', () => {
  const { lines, logger } = capture('json');
  logger.info({ apiId: 'a' }, 'Applied');
  logger.debug('unheard');
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', name: 'router', apiId: 'a', msg: 'Applied' });
});

it('writes text for people, errors with their stack', () => {
  const { lines, logger } = capture('text');
  logger.warn({ attempt: 2, node: 'a' }, 'Retrying');
  logger.error({ err: new Error('broken') }, 'Failed');
  expect(lines[0]).toMatch(/^\S+Z WARN {2}router {2}Retrying attempt=2 node=a\n$/);
  expect(lines[1]).toMatch(/ERROR router {2}Failed\nError: broken\n {4}at /);
});
