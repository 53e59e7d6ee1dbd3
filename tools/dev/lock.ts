import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isSameProcess, processIdentity } from './process-identity.ts';

type Holder = { readonly pid: number; readonly identity: string; readonly since: string };

export type Lock = { readonly ok: true; release(): void } | { readonly ok: false; readonly pid: number; readonly since: string };

/**
 * One stack per data directory. A file naming the process that holds it, put in place by link(2), which fails if it is there.
 * The lock of a process that is gone, or whose pid now belongs to another, is taken over.
 */
export function takeLock(file: string): Lock {
  const me: Holder = { pid: process.pid, identity: processIdentity(process.pid) ?? '', since: new Date().toISOString() };
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(me), { mode: 0o600 });
  try {
    for (;;) {
      try {
        linkSync(draft, file);
        return { ok: true, release: () => rmSync(file, { force: true }) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      const source = read(file);
      if (source === null) continue;
      const holder = JSON.parse(source) as Holder; // our own file
      if (isSameProcess(holder.pid, holder.identity)) return { ok: false, pid: holder.pid, since: holder.since };
      takeAway(file, source);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Moves a stale lock aside. If a faster starter had replaced it meanwhile, its lock is put back. */
function takeAway(file: string, stale: string): void {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch {
    return; // someone else took it away
  }
  if (read(aside) !== stale) {
    try {
      linkSync(aside, file);
    } catch {
      // a third one holds it already
    }
  }
  rmSync(aside, { force: true });
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
