import {
  constants,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2';
import type { Socket } from 'node:net';

import { HEAD_BYTES_MAX } from '@tidegate/http1';

import type { ClientLink } from '../listener/client-address.ts';
import type { NodeRequestHost } from '../listener/handle-request.ts';
import { isEncrypted } from '../listener/is-encrypted.ts';
import { HEADER_FIELDS_MAX } from '../listener/strictness.ts';
import { handleStream } from './handle-stream.ts';

/** HTTP/2 towards clients, for every engine. It has no port: connections are accepted elsewhere and given to it. */
export interface Http2Server {
  readonly inFlight: number;
  adopt(socket: Socket): void;
  /** As Listener.drain: GOAWAY, then streams may end */
  drain(timeoutMs: number): Promise<number>;
}

/** RFC 9113 §6.8: of a GOAWAY that says "soon", while streams are still taken. */
const LAST_STREAM_ID = 2 ** 31 - 1;

/** What one connection may cost (invariant 9). Beyond, nghttp2 resets the stream or ends the connection. */
const BOUNDS: ServerOptions = {
  settings: {
    maxConcurrentStreams: 128,
    // What is a little too much is answered 431 (read-request.ts); what is far too much is reset.
    maxHeaderListSize: 4 * HEAD_BYTES_MAX,
    enablePush: false,
    enableConnectProtocol: false,
  },
  maxHeaderListPairs: 2 * HEADER_FIELDS_MAX,
  /** MiB, of everything that is kept for one connection */
  maxSessionMemory: 10,
  maxSettings: 32,
  maxOutstandingPings: 10,
  maxSessionInvalidFrames: 50,
  maxSessionRejectedStreams: 50,
  /** Streams that are opened and reset at once (CVE-2023-44487): so many in a burst, so many a second after it */
  streamResetBurst: 200,
  streamResetRate: 33,
};

/** `idleMs` = how long a connection may be without a stream */
export function createHttp2Server(host: NodeRequestHost, idleMs: number): Http2Server {
  const sessions = new Set<ServerHttp2Session>();
  let inFlight = 0;
  let draining = false;
  let onLastClosed = (): void => undefined;

  const serve = (session: ServerHttp2Session, stream: ServerHttp2Stream, fields: readonly string[], link: Link): void => {
    inFlight += 1;
    link.open += 1;
    stream.once('close', () => {
      inFlight -= 1;
      link.open -= 1;
    });
    // As `Connection: close` on an answer: the client goes elsewhere with its next request, and this one is served.
    if (host.style.closing() && !link.told && !session.destroyed) {
      link.told = true;
      session.goaway(constants.NGHTTP2_NO_ERROR, LAST_STREAM_ID);
    }
    handleStream(stream, { fields, link, host });
  };

  return {
    get inFlight() {
      return inFlight;
    },
    adopt(socket) {
      const link: Link = { peer: socket.remoteAddress ?? '', encrypted: isEncrypted(socket), known: null, open: 0, told: false };
      socket.on('error', ignore);
      const session = performServerHandshake(socket, BOUNDS);
      sessions.add(session);
      session.on('stream', (stream, _headers, _flags, fields) => serve(session, stream, fields, link));
      session.on('error', ignore);
      session.setTimeout(idleMs, () => {
        if (link.open === 0) session.close();
      });
      session.once('close', () => {
        sessions.delete(session);
        socket.destroy();
        if (sessions.size === 0) onLastClosed();
      });
      if (draining) session.close();
    },
    drain(timeoutMs) {
      draining = true;
      for (const session of sessions) session.close();
      if (sessions.size === 0) return Promise.resolve(0);
      return new Promise((resolve) => {
        let cut = 0;
        const cutting = setTimeout(() => {
          cut = inFlight;
          for (const session of sessions) session.destroy();
        }, timeoutMs);
        onLastClosed = () => {
          clearTimeout(cutting);
          resolve(cut);
        };
      });
    },
  };
}

/** One connection, and what its streams share. */
interface Link extends ClientLink {
  /** Streams under way */
  open: number;
  /** The client knows that this connection is to end */
  told: boolean;
}

function ignore(): void {
  // `close` follows, and says all there is to say.
}
