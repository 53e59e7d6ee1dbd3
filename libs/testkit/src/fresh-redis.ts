import { connect } from 'node:net';
import { tmpdir } from 'node:os';

import { freePort } from './free-port.ts';
import { spawnTracked, type TrackedProcess } from './tracked-process.ts';
import { waitFor } from './wait-for.ts';

export interface FreshRedis {
  readonly url: string;
  readonly port: number;
  /** SIGKILL; what was in it is gone, it persists nothing */
  kill(): Promise<void>;
  /** starts again, empty, on the same port */
  start(): Promise<void>;
  /** one command over the wire, its raw RESP answer back */
  command(...words: readonly string[]): Promise<string>;
  close(): Promise<void>;
}

/** A Redis of this test's own. `redis-server` must be on the PATH (`npm test` installs it on Debian). */
export async function freshRedis(): Promise<FreshRedis> {
  const port = await freePort();
  let child: TrackedProcess | undefined;

  const start = async (): Promise<void> => {
    child = await spawnRedis(port);
    await waitFor(async () => (await send(port, ['PING'])) === '+PONG\r\n', { what: `redis-server on port ${port}` });
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    start,
    kill: async () => child?.kill('SIGKILL'),
    command: (...words) => send(port, words),
    close: async () => child?.kill('SIGKILL'),
  };
}

async function spawnRedis(port: number): Promise<TrackedProcess> {
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--dir', tmpdir(), '--save', '', '--appendonly', 'no'];
  try {
    return await spawnTracked('redis-server', args);
  } catch (error) {
    throw new Error('These tests need redis-server on the PATH; on Debian: apt-get install redis-server', { cause: error });
  }
}

/** One command as a RESP array, one read back: enough for short answers, and no client library between test and server. */
function send(port: number, words: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.setEncoding('utf8').once('error', reject);
    socket.once('data', (answer) => {
      resolve(String(answer));
      socket.destroy();
    });
    socket.write(`*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`);
  });
}
