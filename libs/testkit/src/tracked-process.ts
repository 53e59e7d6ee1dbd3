import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';

export interface TrackedProcess {
  readonly pid: number;
  /** standard output and error so far, as it came */
  readonly logs: () => string;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  readonly running: () => boolean;
  /** sends the signal and resolves when the process is gone */
  kill(signal?: NodeJS.Signals): Promise<void>;
}

const running = new Set<ChildProcess>();

// The last net: a worker that is itself ending leaves nothing behind. SIGKILL of the worker is covered by `npm test`, see tools/test.ts.
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Starts a process that the end of the test file reaps. Rejects when it cannot be started at all. */
export async function spawnTracked(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): Promise<TrackedProcess> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', reject);
  });
  running.add(child);
  let logs = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (chunk: string) => (logs += chunk));
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    });
  });
  return {
    pid: child.pid ?? -1,
    logs: () => logs,
    exited,
    running: () => running.has(child),
    kill: async (signal = 'SIGKILL') => {
      child.kill(signal);
      await exited;
    },
  };
}

/** Kills what is still running and gives the command lines it killed: called at the end of each store and system test file. */
export async function reapProcesses(): Promise<readonly string[]> {
  const left = [...running];
  await Promise.all(
    left.map((child) => {
      const gone = new Promise((resolve) => child.once('close', resolve));
      child.kill('SIGKILL');
      return gone;
    }),
  );
  return left.map((child) => child.spawnargs.join(' '));
}
