import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { DataDir } from './data-dir.ts';

/** The redis-server on the PATH, or null. */
export function findRedisServer(): string | null {
  const found = spawnSync('/bin/sh', ['-c', 'command -v redis-server || command -v valkey-server'], { encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim() : null;
}

/** Writes its configuration; loopback, with a password, data in the data directory. The file's path. */
export function writeRedisConfig(dir: DataDir, port: number, password: string): string {
  const file = dir.config('redis').replace(/\.toml$/, '.conf');
  const lines = [
    'bind 127.0.0.1',
    `port ${port}`,
    `requirepass ${password}`,
    `dir "${dir.redis}"`,
    'appendonly yes',
    'save ""',
    'maxmemory 256mb',
    'maxmemory-policy noeviction',
  ];
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
  return file;
}

/** Does it answer PING? Spoken by hand: two lines of RESP need no client. */
export function redisAnswers(port: number, password: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const done = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    let heard = '';
    socket.setTimeout(1_000, () => done(false));
    socket.on('error', () => done(false));
    socket.on('connect', () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
      if (heard.includes('+PONG')) done(true);
      else if (heard.includes('-')) done(false);
    });
  });
}
