import { createServer, type AddressInfo } from 'node:net';

/** A TCP port nobody listened on a moment ago on loopback. Prefer port 0 where the listener can tell what it got. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo; // a listening TCP server has one
      server.close(() => resolve(port));
    });
  });
}
