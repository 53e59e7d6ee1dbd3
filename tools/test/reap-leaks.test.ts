import { spawnTracked } from '@tidegate/testkit';
import { expect, it } from 'vitest';

import { reapLeaks } from './reap-leaks.ts';

it.runIf(process.platform === 'linux')('kills what carries the mark of the run, and nothing else', async () => {
  const forever = ['-e', 'setInterval(() => {}, 1000)'];
  const leaked = await spawnTracked(process.execPath, forever, { env: { TIDEGATE_TEST_RUN: 'run-one' } });
  const other = await spawnTracked(process.execPath, forever, { env: { TIDEGATE_TEST_RUN: 'run-two' } });
  expect(reapLeaks('run-one')).toEqual([expect.stringContaining('setInterval')]);
  expect((await leaked.exited).signal).toBe('SIGKILL');
  expect(other.running()).toBe(true);
  await other.kill();
});
