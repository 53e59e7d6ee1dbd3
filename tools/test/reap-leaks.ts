import { readdirSync, readFileSync } from 'node:fs';

/**
 * Kills every process that carries this run's mark in its environment and gives their command lines. Knows only what /proc tells, so
 * on other systems nothing is found; the testkit's own reaping works there too.
 */
export function reapLeaks(run: string): readonly string[] {
  const leaks: string[] = [];
  for (const pid of processIds()) {
    const environment = readOrEmpty(`/proc/${pid}/environ`);
    if (!environment.split('\0').includes(`TIDEGATE_TEST_RUN=${run}`)) continue;
    leaks.push(readOrEmpty(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim() || `process ${pid}`);
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it ended by itself in between
    }
  }
  return leaks;
}

function processIds(): readonly number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => Number.isInteger(pid) && pid !== process.pid);
  } catch {
    return [];
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
