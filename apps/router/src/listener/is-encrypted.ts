import { TLSSocket } from 'node:tls';

/** Did this connection come in by TLS? */
export function isEncrypted(socket: unknown): boolean {
  return socket instanceof TLSSocket;
}
