import { expect, it } from 'vitest';

import { reapProcesses, spawnTracked } from './tracked-process.ts';
import { waitFor } from './wait-for.ts';

it('collects output, and reaping ends what still runs', async () => {
  const child = await spawnTracked(process.execPath, ['-e', 'console.log("up"); setInterval(() => {}, 1000)']);
  await waitFor(() => child.logs().includes('up'), { what: 'its output' });
  expect(child.running()).toBe(true);
  expect(await reapProcesses()).toEqual([expect.stringContaining('console.log("up")')]);
  expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL' });
  expect(child.running()).toBe(false);
  expect(await reapProcesses()).toEqual([]);
});

it('rejects what cannot be started', async () => {
  await expect(spawnTracked('/nonexistent/program', [])).rejects.toMatchObject({ code: 'ENOENT' });
});
