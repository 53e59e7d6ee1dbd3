import { expect, it } from 'vitest';

import { runSteps } from './run-steps.ts';

it('runs every step whatever fails and answers in their order', async () => {
  const script = (source: string): readonly string[] => [process.execPath, '-e', source];
  const done: string[] = [];
  const results = await runSteps(
    [
      { name: 'slow', command: script('setTimeout(() => console.log("late"), 100)') },
      { name: 'bad', command: script('console.error("why"); process.exit(3)') },
      { name: 'absent', command: ['/nonexistent/program'] },
    ],
    2,
    ({ name }) => done.push(name),
  );
  expect(results.map(({ name, passed, output }) => ({ name, passed, output }))).toEqual([
    { name: 'slow', passed: true, output: 'late' },
    { name: 'bad', passed: false, output: 'why' },
    { name: 'absent', passed: false, output: expect.stringContaining('ENOENT') },
  ]);
  expect(done.toSorted()).toEqual(['absent', 'bad', 'slow']);
});
