import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

import { emptyHead, type Head } from '@tidegate/http1';

import type { Endpoint } from '../upstream/endpoints.ts';
import type { KnownAddress } from '../upstream/resolver.ts';

/** Who has a connection for the time of one exchange. */
export interface UpstreamUser {
  /** The bytes are the reader's only until it returns */
  onUpstreamBytes(bytes: Buffer, end: number): void;
  onUpstreamDrain(): void;
  /** The upstream has said all it will; a `close` follows */
  onUpstreamEnd(): void;
  /** The connection is gone; `error` = `null` when it ended in order */
  onUpstreamClose(error: NodeJS.ErrnoException | null): void;
}

/** One connection to an upstream, and whose it is at the moment. */
export interface UpstreamConnection {
  readonly socket: Socket;
  readonly endpoint: Endpoint;
  /** Of the answer that is being read */
  readonly head: Head;
  /** `null` = waits in its pool */
  user: UpstreamUser | null;
  /** TCP, and with TLS the handshake, are done */
  connected: boolean;
  /** Has carried an exchange before this one */
  reused: boolean;
  idleSinceMs: number;
  /** Where it goes to, once connected; `undefined` = not by a name */
  address: KnownAddress | undefined;
}

/**
 * All plain connections of this thread read into this one buffer (the documented `onread` option): a read's bytes are used up
 * before the next read happens, and what must be kept is copied.
 */
const SHARED = Buffer.allocUnsafeSlow(64 * 1024);

export function connectUpstream(endpoint: Endpoint, user: UpstreamUser, onIdleBytes: (connection: UpstreamConnection) => void) {
  const { host, port, name, tls } = endpoint;
  const lookup = name === null ? {} : { lookup: name.lookup };
  const take = (bytes: Buffer, end: number): void => {
    if (connection.user === null) onIdleBytes(connection);
    else connection.user.onUpstreamBytes(bytes, end);
  };
  const callback = (end: number): boolean => {
    take(SHARED, end);
    return true;
  };
  const socket =
    tls === null
      ? connectTcp({ host, port, ...lookup, noDelay: true, onread: { buffer: SHARED, callback } })
      : connectTls({ host, port, ...lookup, ...tls });
  const connection: UpstreamConnection = {
    socket,
    endpoint,
    head: emptyHead(),
    user,
    connected: false,
    reused: false,
    idleSinceMs: 0,
    address: undefined,
  };
  if (tls !== null) {
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => take(chunk, chunk.length));
  }
  let error: NodeJS.ErrnoException | null = null;
  socket.once(tls === null ? 'connect' : 'secureConnect', () => {
    connection.connected = true;
    connection.address = name?.addressOf(socket.remoteAddress);
  });
  socket.on('drain', () => connection.user?.onUpstreamDrain());
  socket.on('end', () => {
    if (connection.user === null) socket.destroy();
    else connection.user.onUpstreamEnd();
  });
  socket.on('error', (cause: NodeJS.ErrnoException) => {
    error = cause;
  });
  socket.on('close', () => connection.user?.onUpstreamClose(error));
  return connection;
}
