import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What tells a process from a later one with the same pid: when it started. Null: there is no such process, or it has ended. */
export function processIdentity(pid: number): string | null {
  if (!hasProcess(pid)) return null;
  try {
    // proc(5): field 22 is the start time in ticks since boot; fields are counted after the name, which may hold anything
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? null : `ticks ${fields[19] ?? ''}`;
  } catch {
    const asked = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' });
    const started = asked.stdout?.trim() ?? '';
    return asked.status === 0 && started !== '' ? started : null;
  }
}

/** Is the process still the one that had this identity? */
export function isSameProcess(pid: number, identity: string): boolean {
  return processIdentity(pid) === identity;
}

/** Is there any process of that pid, be it one that has ended and is not buried yet (a zombie)? */
export function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
