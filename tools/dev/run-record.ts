import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readOrNull } from './data-dir.ts';
import { isSameProcess, processIdentity } from './process-identity.ts';

/** Which processes belong to this data directory, on disk: what kill −9 of the whole stack leaves behind is found by it. */
export type RunRecord = {
  add(name: string, pid: number, stopSignal: NodeJS.Signals): void;
  remove(pid: number): void;
  erase(): void;
};

type Entry = { readonly name: string; readonly pid: number; readonly identity: string; readonly stopSignal: NodeJS.Signals };

export function openRunRecord(file: string): RunRecord {
  let entries: Entry[] = [];
  const save = (): void => {
    writeFileSync(`${file}.tmp`, JSON.stringify(entries), { mode: 0o600 });
    renameSync(`${file}.tmp`, file);
  };
  return {
    add(name, pid, stopSignal) {
      const identity = processIdentity(pid);
      if (identity === null) return; // ended already
      entries = [...entries, { name, pid, identity, stopSignal }];
      save();
    },
    remove(pid) {
      entries = entries.filter((entry) => entry.pid !== pid);
      save();
    },
    erase: () => rmSync(file, { force: true }),
  };
}

/** Ends what an earlier run left: politely, then not. The names of what was found. */
export async function endLeftovers(file: string, graceMs = 5_000): Promise<readonly string[]> {
  const source = readOrNull(file);
  const entries = source === null ? [] : (JSON.parse(source) as readonly Entry[]); // our own file
  const left = entries.filter((entry) => isSameProcess(entry.pid, entry.identity));
  await Promise.all(left.map((entry) => endProcess(entry.pid, entry.identity, entry.stopSignal, graceMs)));
  rmSync(file, { force: true });
  return left.map((entry) => entry.name);
}

/** Ends a process that is not our child: by its own signal, after `graceMs` by SIGKILL. Resolves when it is gone. */
export async function endProcess(pid: number, identity: string, stopSignal: NodeJS.Signals, graceMs: number): Promise<void> {
  signalProcess(pid, stopSignal);
  const deadline = performance.now() + graceMs;
  let killed = false;
  while (isSameProcess(pid, identity)) {
    if (!killed && performance.now() > deadline) {
      killed = true;
      signalProcess(pid, 'SIGKILL');
    }
    await sleep(20);
  }
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // gone meanwhile
  }
}
