import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { openChildLog } from './child-log.ts';
import type { RunRecord } from './run-record.ts';
import { StartError } from './start-error.ts';

/** How to run one process of the stack. */
export type ProcessSpec = {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  readonly user?: { readonly uid: number; readonly gid: number };
  readonly stopSignal: NodeJS.Signals;
  readonly graceMs: number;
  readonly logFile: string;
  readonly readyTimeoutMs: number;
  /** asked again and again until it says so */
  readonly ready: (pid: number | null) => Promise<boolean>;
  /** before every start, the ones after a crash too */
  readonly prepare?: () => Promise<void>;
};

/**
 * A process that is kept running: wanted → starting → ready; when it ends unasked it is started again, with back-off.
 * It leads a process group of its own, so that Ctrl-C in the terminal reaches the stack alone, which stops its parts in order.
 */
export type ManagedProcess = {
  readonly name: string;
  /** null while it is down */
  readonly pid: () => number | null;
  /** Resolves when it is ready; rejects with its last words when it ends first or takes too long. */
  start(): Promise<void>;
  /** Its own stop signal, after `graceMs` SIGKILL; it stays down. */
  stop(): Promise<void>;
  /** Sends a signal and resolves when the process has ended. It comes back like after a crash, unless told to stay down. */
  kill(signal?: NodeJS.Signals, stayDown?: boolean): Promise<void>;
  /** Stops it and starts it again, from now on with these variables as well. */
  restart(env?: NodeJS.ProcessEnv): Promise<void>;
  /** Sends a signal without waiting: SIGSTOP, SIGCONT. */
  signal(signal: NodeJS.Signals): void;
};

type Surroundings = {
  readonly record: RunRecord;
  readonly verbose: boolean;
  /** of itself */
  readonly say: (line: string) => void;
  /** what the process says that a person should see */
  readonly show: (line: string, isWarning: boolean) => void;
  readonly isGivenUp: () => boolean;
};

const backOffMs = [100, 250, 500, 1_000, 2_000, 5_000];
/** having run this long, the next crash starts the back-off anew */
const steadyMs = 20_000;

export function manageProcess(spec: ProcessSpec, { record, verbose, say, show, isGivenUp }: Surroundings): ManagedProcess {
  const log = openChildLog(spec.name, spec.logFile, verbose, show);
  let child: ChildProcess | null = null;
  let ended: Promise<string> = Promise.resolve('');
  let wanted = false;
  let crashes = 0;
  let extraEnv: NodeJS.ProcessEnv = {};

  async function launch(): Promise<void> {
    await spec.prepare?.();
    const started = performance.now();
    const spawned = spawn(spec.command, spec.args, {
      cwd: spec.cwd,
      env: { ...spec.env, ...extraEnv },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      ...spec.user,
    });
    log.follow(spawned.stdout);
    log.follow(spawned.stderr);
    child = spawned;
    ended = new Promise((resolve) => {
      spawned.once('error', (error) => resolve(error.message));
      spawned.once('close', (code, signal) => resolve(signal ?? `exit code ${String(code)}`));
    });
    if (spawned.pid !== undefined) record.add(spec.name, spawned.pid, spec.stopSignal);
    void ended.then((how) => {
      if (spawned.pid !== undefined) record.remove(spawned.pid);
      if (child === spawned) child = null;
      if (performance.now() - started > steadyMs) crashes = 0;
      if (wanted) void revive(how);
    });
  }

  async function revive(how: string): Promise<void> {
    const waitMs = backOffMs[Math.min(crashes, backOffMs.length - 1)] ?? 0;
    crashes += 1;
    say(`${spec.name} ended (${how}); starting it again${waitMs >= 1_000 ? ` in ${waitMs / 1_000} s` : ''}`);
    await sleep(waitMs);
    if (wanted && child === null) {
      await launch().catch((error: unknown) => {
        say(`${spec.name} cannot be started: ${error instanceof Error ? error.message : String(error)}`);
        void revive('no start');
      });
    }
  }

  async function becomeReady(mayRevive: boolean): Promise<void> {
    const deadline = performance.now() + spec.readyTimeoutMs;
    const mine = ended;
    let over: string | null = null;
    void mine.then((how) => (over = how));
    while (performance.now() < deadline) {
      if (isGivenUp()) throw new StartError(['Stopped while starting.']);
      if (over !== null && !mayRevive)
        throw new StartError([`${spec.name} ended (${String(over)}). Its last words:\n${log.tail()}`]);
      if (await spec.ready(child?.pid ?? null).catch(() => false)) return;
      await sleep(15);
    }
    throw new StartError([`${spec.name} is not ready after ${spec.readyTimeoutMs / 1_000} s. Its last words:\n${log.tail()}`]);
  }

  async function end(signal: NodeJS.Signals, graceMs: number): Promise<void> {
    const ending = child;
    if (ending === null) return;
    ending.kill(signal);
    const timer = setTimeout(() => killGroup(ending), graceMs);
    await ended;
    clearTimeout(timer);
  }

  return {
    name: spec.name,
    pid: () => child?.pid ?? null,
    async start() {
      if (wanted && child !== null) return becomeReady(true);
      wanted = false;
      await launch();
      await becomeReady(false);
      wanted = true;
      // it may have ended between the two
      if (child === null) void revive('right after its start');
    },
    async stop() {
      wanted = false;
      await end(spec.stopSignal, spec.graceMs);
    },
    async kill(signal = 'SIGKILL', stayDown = false) {
      if (stayDown) wanted = false;
      await end(signal, 60_000);
    },
    async restart(env = {}) {
      extraEnv = { ...extraEnv, ...env };
      wanted = false;
      await end(spec.stopSignal, spec.graceMs);
      await launch();
      await becomeReady(false);
      wanted = true;
    },
    signal(signal) {
      child?.kill(signal);
    },
  };
}

/** The process and what it started. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    child.kill('SIGKILL');
  }
}
