import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { Server } from 'node:net';

import type { Logger } from '@tidegate/process';

import { RUNTIME_VARIABLE } from './choose-runtime.ts';
import type { ToPredecessor, ToSuccessor } from './take-over.ts';

/**
 * The old process's side of an update without a dropped request.
 *
 *   old                                    successor (the same program, told to run another runtime)
 *     fork ──────────────────────────────▶   loads its code, reads the configuration
 *     ◀────────────────────────────── loaded
 *     leaves the controller, lets go of the state directory
 *     released ──────────────────────────▶   takes the directory, opens the last-good table
 *     ◀─────────────────────────── plain, tls
 *     the listening sockets themselves ──▶   accepts beside the old one: one queue, nobody waits in the wrong one
 *     ◀───────────────────────────── serving
 *     closes its admin ports
 *     ports ─────────────────────────────▶   opens them, connects to the controller
 *     stops accepting, finishes what it has begun, and stays: its supervisor knows this process. What ends the successor ends it too.
 *
 * Until `serving` the old process serves as ever; a successor that fails or takes too long is killed, and the old one goes on.
 */
export interface HandOverHost {
  /** No more writes to the state directory, no stream; resolves when it is free for another process. */
  release(): Promise<void>;
  /** Undoes `release`. */
  resume(): Promise<void>;
  listeners(): { readonly plain: Server; readonly tls: Server | null };
  closeAdmin(): Promise<void>;
}

/** Each step of a successor */
const STEP_MS = 60_000;
const GENERATION_VARIABLE = 'TIDEGATE_HAND_OVER';
/** Processes in a row: each update leaves one that only waits. A restart makes it one again. */
const GENERATIONS_MAX = 5;

/** Resolves with the successor when it serves. Rejects with what kept it, and everything is as before. */
export async function handOver(runtime: string, host: HandOverHost, logger: Logger): Promise<ChildProcess> {
  const generation = Number(process.env[GENERATION_VARIABLE] ?? '0') + 1;
  if (generation > GENERATIONS_MAX)
    throw new Error(`After ${GENERATIONS_MAX} updates in a row the process has to be restarted first`);
  const successor = fork(process.argv[1] ?? '', process.argv.slice(2), {
    env: { ...process.env, [RUNTIME_VARIABLE]: runtime, [GENERATION_VARIABLE]: String(generation) },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  let released = false;
  try {
    await heard(successor, 'loaded');
    released = true;
    await host.release();
    tell(successor, { is: 'released' });
    const { plain, tls } = host.listeners();
    await heard(successor, 'serving', (word) => {
      if (word === 'plain') tell(successor, { is: 'listener', of: word }, plain);
      if (word === 'tls' && tls !== null) tell(successor, { is: 'listener', of: word }, tls);
    });
  } catch (error) {
    successor.kill('SIGKILL');
    if (successor.exitCode === null && successor.signalCode === null) await once(successor, 'exit');
    if (released) await host.resume();
    throw error;
  }
  logger.info({ runtime, pid: successor.pid }, 'A successor serves');
  await host.closeAdmin();
  tell(successor, { is: 'ports' });
  return successor;
}

function tell(successor: ChildProcess, message: ToSuccessor, handle?: Server): void {
  successor.send(message, handle, () => undefined); // one that is gone is noticed by its end
}

/** Waits for a word of the successor, not for its life; `other` gets what it says meanwhile. */
function heard(successor: ChildProcess, wanted: ToPredecessor, other: (word: unknown) => void = () => undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (error: Error | null): void => {
      clearTimeout(timer);
      successor.off('exit', ended).off('message', listen);
      if (error === null) resolve();
      else reject(error);
    };
    const listen = (word: unknown): void => (word === wanted ? settle(null) : other(word));
    const ended = (code: number | null, signal: string | null): void =>
      settle(new Error(`The successor ended before it said "${wanted}": ${signal ?? `exit code ${String(code)}`}`));
    const timer = setTimeout(
      () => settle(new Error(`The successor did not say "${wanted}" within ${STEP_MS / 1000} s`)),
      STEP_MS,
    );
    successor.on('message', listen).on('exit', ended);
    if (successor.exitCode !== null) ended(successor.exitCode, null);
  });
}
