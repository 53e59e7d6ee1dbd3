import { spawn } from 'node:child_process';
import { once } from 'node:events';

import { expect, it } from 'vitest';

/** Runs the real thing in a process of its own: exit codes are the contract. `stop` is the body of the stop callback. */
async function exitCode(stop: string, graceMs: number, signals: readonly NodeJS.Signals[]): Promise<number | null> {
  const source = `
    import { createLogger } from ${JSON.stringify(new URL('logger.ts', import.meta.url).href)};
    import { onShutdown } from ${JSON.stringify(new URL('shutdown.ts', import.meta.url).href)};
    onShutdown(createLogger({ name: 'test', level: 'info', format: 'json' }), ${graceMs}, async () => { ${stop} });
    setInterval(() => {}, 1000);
    console.log('started');`;
  const child = spawn(process.execPath, ['--input-type=module-typescript', '-e', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const waiting = [...signals];
  // each line (started, Stopping, …) is the condition for the next signal
  child.stdout.on('data', () => {
    const signal = waiting.shift();
    if (signal) child.kill(signal);
  });
  return (await exited)[0];
}

it.each(['SIGTERM', 'SIGINT'] as const)('exits 0 after stopping on %s', async (signal) => {
  expect(await exitCode('', 10_000, [signal])).toBe(0);
});

it('exits 1 on a second signal', async () => {
  expect(await exitCode('await new Promise(() => {})', 10_000, ['SIGTERM', 'SIGINT'])).toBe(1);
});

it('exits 1 when the grace is over or stopping fails', async () => {
  expect(await exitCode('await new Promise(() => {})', 10, ['SIGTERM'])).toBe(1);
  expect(await exitCode('throw new Error("cannot")', 10_000, ['SIGTERM'])).toBe(1);
});
