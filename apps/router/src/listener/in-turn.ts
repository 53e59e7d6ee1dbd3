import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Requests of one connection, one after another. */
export interface Turns {
  /** For every request that was parsed */
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  /** An earlier request of the connection has not had its answer. */
  busy(socket: Socket): boolean;
  /** Ends a connection on which something came that is no request: with these bytes, behind the answers that are still due. */
  refuse(socket: Socket, answer: string): void;
}

interface Turn {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** What one connection is at. */
interface Line {
  current: Turn | null;
  waiting: Turn[];
  /** The connection ends when nobody waits any more, with these bytes; `null` = it goes on */
  lastWords: string | null;
}

/** Requests sent ahead of their turn beyond this are not served, and the connection ends (invariant 9). */
const WAITING_MAX = 100;
/** The rest of a body whose request has its answer already may take this long. */
const LEFTOVER_MS = 30_000;

/**
 * Gives requests to `handle` only when the connection's earlier ones are done. Handled side by side, as node:http offers them
 * (pipelining), what follows a refused request or the last answer of a connection would reach an upstream though RFC 9112 §9.6
 * forbids it, one packet could open thousands of upstream requests, and those that wait would not hear of the client leaving.
 */
export function inTurn(handle: (request: IncomingMessage, response: ServerResponse) => void): Turns {
  const lines = new WeakMap<Socket, Line>();

  const serve = (line: Line, turn: Turn): void => {
    line.current = turn;
    turn.response.once('close', () => next(line, turn));
    handle(turn.request, turn.response);
  };

  const next = (line: Line, { request }: Turn): void => {
    const { socket } = request;
    line.current = null;
    if (socket.destroyed || socket.writableEnded) {
      line.waiting = [];
      return;
    }
    const following = line.waiting.shift();
    if (following !== undefined) serve(line, following);
    else if (line.lastWords !== null) end(socket, line.lastWords);
    else if (!request.complete) limitLeftover(request, socket);
  };

  return {
    onRequest(request, response) {
      const { socket } = request;
      const line = lines.get(socket) ?? { current: null, waiting: [], lastWords: null };
      lines.set(socket, line);
      if (line.current === null) serve(line, { request, response });
      else if (line.waiting.length < WAITING_MAX) line.waiting.push({ request, response });
      else {
        line.lastWords ??= '';
        socket.pause();
      }
    },
    busy: (socket) => (lines.get(socket)?.current ?? null) !== null,
    refuse(socket, answer) {
      const line = lines.get(socket);
      const current = line?.current ?? null;
      if (current === null || line === undefined) end(socket, answer);
      else if (current.request.complete) {
        line.lastWords = answer;
        line.waiting = line.waiting.filter(({ request }) => request.complete);
      }
      // It is the current request that is broken; half an answer cannot be taken back.
      else if (current.response.headersSent) socket.destroy();
      else end(socket, answer);
    },
  };
}

function end(socket: Socket, bytes: string): void {
  if (bytes !== '') socket.write(bytes, 'latin1');
  socket.destroySoon();
}

/** node:http reads on until the body ends, to reach the next request: not for ever. */
function limitLeftover(request: IncomingMessage, socket: Socket): void {
  const timer = setTimeout(() => socket.destroy(), LEFTOVER_MS);
  request.once('close', () => clearTimeout(timer));
}
