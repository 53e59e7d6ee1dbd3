import { expect, it } from 'vitest';
import { helpText, listenerNames, listeners, parseOptions } from './options.ts';

it('has a default for everything', () => {
  expect(parseOptions([])).toMatchObject({
    ok: true,
    options: { dataDir: '.tidegate', routers: 1, simulator: true, redis: true, reset: false, configFiles: [], ports: {} },
  });
});

it('reads what it is given', () => {
  const argv = [
    '--data-dir',
    '/tmp/x',
    '--port-api=9191',
    '--routers',
    '3',
    '--config',
    'a.toml',
    '--config',
    'b.toml',
    '--no-simulator',
    '--reset',
  ];
  expect(parseOptions(argv)).toMatchObject({
    ok: true,
    options: {
      dataDir: '/tmp/x',
      ports: { api: 9191 },
      routers: 3,
      configFiles: ['a.toml', 'b.toml'],
      simulator: false,
      reset: true,
    },
  });
});

it('names every problem at once', () => {
  const parsed = parseOptions(['--port-api', '70000', '--port-apim', 'x', '--routers', '0']);
  expect(parsed.ok ? [] : parsed.problems).toHaveLength(3);
  expect(parseOptions(['--colour'])).toMatchObject({ ok: false, problems: [expect.stringContaining('--colour') as unknown] });
});

it('explains every port flag', () => {
  for (const name of listenerNames) expect(helpText).toContain(`--${listeners[name].flag} N`);
});
