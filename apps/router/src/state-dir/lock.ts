import { createHash, randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { ConfigError } from '@tidegate/process';

import { ignoreMissing } from './durable-file.ts';

/** One router process per state directory: two would take turns in losing each other's revocations and credentials. */
export interface StateDirLock {
  release(): Promise<void>;
}

/**
 * Takes `<state_dir>/lock`, which names its owner by pid and start time: what a killed router left is recognised and taken over,
 * also when its pid belongs to another process by now. Throws ConfigError when the owner lives.
 *
 * Owners are looked up on this machine: a directory shared with other machines or containers is not protected.
 */
export async function lockStateDir(stateDir: string): Promise<StateDirLock> {
  const path = join(stateDir, 'lock');
  const mine = `${process.pid} ${await startOf(process.pid)}\n`;
  while (!(await create(path, mine))) {
    const found = await readFile(path, 'utf8').catch(ignoreMissing);
    if (found === null) continue;
    if (await lives(found)) throw inUse(stateDir, found);
    await remove(path, found, mine);
  }
  return {
    release: async () => {
      if ((await readFile(path, 'utf8').catch(ignoreMissing)) === mine) await rm(path, { force: true });
    },
  };
}

/** Whole or not at all: nobody ever reads a lock that is half written. False = there is one. */
async function create(path: string, content: string): Promise<boolean> {
  const draft = temporary(path);
  await writeFile(draft, content, { mode: 0o600 });
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Takes away exactly this content. Who may do so is settled first, by a file named after the content: a lock renamed aside on
 * suspicion leaves a gap in which a third starter finds none. The right of one who died with it is taken over the same way.
 */
async function remove(path: string, stale: string, mine: string): Promise<void> {
  const right = `${path}.over-${createHash('sha256').update(stale).digest('hex').slice(0, 16)}`;
  if (!(await create(right, mine))) {
    const holder = await readFile(right, 'utf8').catch(ignoreMissing);
    if (holder !== null && !(await lives(holder))) await remove(right, holder, mine);
    else await sleep(TAKE_OVER_POLL_MS); // somebody alive is at it
    return;
  }
  // only the holder of the right takes this content away, so it cannot become another's between the two
  if ((await readFile(path, 'utf8').catch(ignoreMissing)) === stale) await rm(path, { force: true });
  await rm(right, { force: true });
}

const TAKE_OVER_POLL_MS = 5;

function temporary(path: string): string {
  return `${path}.${process.pid}-${randomBytes(4).toString('hex')}`;
}

async function lives(owner: string): Promise<boolean> {
  const [pid, started] = owner.trim().split(' ');
  if (pid === undefined || started === undefined || !/^[1-9]\d*$/.test(pid)) return false;
  const now = await startOf(Number(pid));
  return now === '?' ? exists(Number(pid)) : now === started;
}

/** Start of a process in clock ticks since boot (proc_pid_stat(5), field 22); "-" = there is none, "?" = this system does not tell. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null) return process.platform === 'linux' ? '-' : '?';
  // Counted after the command (field 2), which stands in parentheses and may hold anything. Z = dead, only not buried yet.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? '-' : (fields[19] ?? '?');
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function inUse(stateDir: string, owner: string): ConfigError {
  const [pid] = owner.split(' ');
  return new ConfigError([`router.discovery.state_dir ${stateDir} is in use by the router with pid ${pid}: give each its own`]);
}
