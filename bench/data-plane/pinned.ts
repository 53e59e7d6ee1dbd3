import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, readdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';

/** The measured program alone on one core; load, upstream and this program on the other. */
export const CORES = { measured: 0, load: 1 } as const;

export interface Pinned {
  readonly pid: number;
  stop(): Promise<void>;
}

export interface PinnedOptions {
  readonly core: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Standard output goes here */
  readonly log: string;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a program on one core. Its threads and children inherit that; `assertPinned` looks. */
export function startPinned(command: readonly string[], { core, env = {}, log }: PinnedOptions): Pinned {
  const out = openSync(log, 'w');
  const child = spawn('taskset', ['-c', String(core), ...command], {
    stdio: ['ignore', out, 'inherit'],
    env: { ...process.env, ...env },
  });
  running.add(child);
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  child.once('close', () => running.delete(child));
  return {
    pid: child.pid ?? -1,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
      await gone;
      clearTimeout(timer);
    },
  };
}

/** @throws when a thread of the process may run elsewhere: every figure would be worth nothing */
export function assertPinned(pid: number, core: number): void {
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const allowed = /^Cpus_allowed_list:\s*(.*)$/m.exec(readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8'))?.[1];
    if (allowed !== String(core)) throw new Error(`thread ${thread} of ${pid} may run on ${allowed}, not on ${core} alone`);
  }
}

/** Share of the time a core was idle between two of these. */
export function coreTimes(core: number): { idle: number; total: number } {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'))?.[1] ?? '';
  const times = line.split(' ').map(Number);
  return { idle: (times[3] ?? 0) + (times[4] ?? 0), total: times.slice(0, 8).reduce((sum, each) => sum + each, 0) };
}

/** Processor time a process and its children have used, ms; a tick is 10 ms. */
export function cpuMs(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((each) => each !== '');
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10 + children.reduce((sum, child) => sum + cpuMs(Number(child)), 0);
}

export async function untilListening(port: number): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error(`Nothing listens on ${port} after 30 s`);
}
