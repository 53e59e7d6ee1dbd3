import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

const TRIES_MAX = 1000;

/**
 * A TCP port nobody listened on a moment ago on loopback, from below the range in which systems choose ports for outgoing connections
 * (Linux: 32768), so that none of those takes it before its listener does. Prefer port 0 where the listener can tell what it got.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const port = randomInt(20_000, 32_000);
    if (await canListen(port)) return port;
  }
  throw new Error('There is no free port between 20000 and 32000');
}

async function canListen(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host: '127.0.0.1', exclusive: true });
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
