import { spawnSync } from 'node:child_process';
import { readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { readOrNull } from '../data-dir.ts';
import { hasProcess, processIdentity } from '../process-identity.ts';
import { endProcess } from '../run-record.ts';

/**
 * Before a start: ends a server of this cluster that outlived its stack, and the backends of one that was killed. The pid file of
 * a dead server stays, because PostgreSQL's own checks begin with it; only when the pid in it belongs to something else by now, or
 * to a zombie (in containers nobody may bury it), which PostgreSQL would take for a running server, it is removed.
 */
export async function endStrayServer(folder: string): Promise<void> {
  const file = join(folder, 'postmaster.pid');
  const pid = Number((readOrNull(file) ?? '').split('\n')[0]);
  const identity = pid > 0 ? processIdentity(pid) : null;
  const isOurs = identity !== null && commandLine(pid).includes(folder);
  if (identity !== null && isOurs) await endProcess(pid, identity, 'SIGINT', 10_000);
  await Promise.all(
    processesIn(folder).map(async (backend) => {
      const backendIdentity = processIdentity(backend);
      if (backendIdentity !== null) await endProcess(backend, backendIdentity, 'SIGQUIT', 2_000);
    }),
  );
  if (pid > 0 && !isOurs && hasProcess(pid)) rmSync(file, { force: true });
}

/** PostgreSQL's processes work in the folder of their cluster; where there is no /proc they end by themselves, a moment later. */
function processesIn(folder: string): readonly number[] {
  let pids: string[];
  try {
    pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
  const real = realpathSync(folder);
  return pids.map(Number).filter((pid) => {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === real && commandLine(pid).startsWith('postgres');
    } catch {
      return false; // gone, or someone else's
    }
  });
}

function commandLine(pid: number): string {
  const shown = readOrNull(`/proc/${pid}/cmdline`);
  return shown ?? spawnSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).stdout;
}
