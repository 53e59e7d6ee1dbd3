import { mkdtempSync, chmodSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { freePort } from '../free-port.ts';
import { startEmbeddedPostgres } from './embedded-postgres.ts';

const FOLDER_PREFIX = 'tidegate-test-pg-';
const ATTEMPTS = 3;

/**
 * The one server of a test run: without durability, in a folder of its own under the temporary directory, gone when stopped. Folders
 * of runs that were killed are swept first.
 */
export async function startPostgres(): Promise<{ readonly url: string; stop(): Promise<void> }> {
  sweepDeadRuns();
  const folder = mkdtempSync(join(tmpdir(), `${FOLDER_PREFIX}${process.pid}-`));
  chmodSync(folder, 0o711); // the server runs as another user when this process is root
  for (let attempt = 1; ; attempt++) {
    try {
      const server = await startEmbeddedPostgres({ dataDir: join(folder, 'data'), port: await freePort(), durable: false });
      return {
        url: server.url,
        stop: async () => {
          await server.process.kill('SIGQUIT'); // immediate: nothing here is worth a checkpoint
          rmSync(folder, { recursive: true, force: true });
        },
      };
    } catch (error) {
      // between freePort and the server's own bind someone else may take the port
      const taken = error instanceof Error && error.message.includes('Address already in use');
      if (taken && attempt < ATTEMPTS) continue;
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }
}

function sweepDeadRuns(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = new RegExp(`^${FOLDER_PREFIX}(\\d+)-`).exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    const folder = join(tmpdir(), name);
    stopServerOf(join(folder, 'data'));
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The first line of postmaster.pid is the server's; its command line must name this folder, pids are used again. */
function stopServerOf(dataDir: string): void {
  try {
    const pid = Number(readFileSync(join(dataDir, 'postmaster.pid'), 'utf8').split('\n')[0]);
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(dataDir)) process.kill(pid, 'SIGQUIT');
  } catch {
    // no such file or process: nothing runs there
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
