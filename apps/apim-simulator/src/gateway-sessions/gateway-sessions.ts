import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { gatewayId } from '../internal-data/events.ts';
import type { ApimState, GatewayEvent } from '../state/apim-state.ts';

/** The WebSocket end of a gateway's control plane: one session, the newest (reference §1.3-§1.5, §2.7). */
export type GatewaySessions = {
  /** Completes an upgrade. Not accepted: 101 and then close code 4401, as APIM does. */
  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    how: { readonly accepted: boolean; readonly ack: boolean },
  ): void;
  /** Stores an event, and sends what is stored if a gateway is there. */
  emit(event: GatewayEvent): void;
  /** Sends a text as it is, if a gateway is there: what no APIM would. */
  sendRaw(text: string): void;
  /** What is connected, for `/_control/state`. */
  list(): readonly { readonly connectionId: string; readonly since: string }[];
  /** Drops the session, with a close frame or (code 0) without. */
  drop(code: number): void;
  close(): void;
};

type Session = {
  readonly connectionId: string;
  readonly since: string;
  readonly socket: WebSocket;
  readonly pings: NodeJS.Timeout;
};

export function createGatewaySessions(state: ApimState, pingIntervalMs: () => number): GatewaySessions {
  const server = new WebSocketServer({ noServer: true, maxPayload: 1024 * 1024 });
  let current: Session | null = null;

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, how: { accepted: boolean; ack: boolean }): void {
    server.handleUpgrade(request, socket, head, (connection) => {
      connection.on('error', () => connection.terminate());
      if (!how.accepted) {
        const missing = request.headers['api-key'] === undefined;
        connection.close(4401, missing ? "API key is required. Provide 'api-key' header." : 'Invalid or expired API key');
        return;
      }
      current?.socket.close(1000, 'Replaced by a newer session');
      const session: Session = {
        connectionId: randomUUID(),
        since: new Date().toISOString(),
        socket: connection,
        pings: setInterval(() => connection.ping(), pingIntervalMs()),
      };
      current = session;
      connection.on('message', (data, isBinary) => {
        if (!isBinary) receive((data as Buffer).toString('utf8')); // binaryType is nodebuffer, the default
      });
      connection.on('close', () => {
        clearInterval(session.pings);
        if (current === session) current = null;
      });
      if (how.ack) {
        const { connectionId, since: timestamp } = session;
        connection.send(JSON.stringify({ type: 'connection.ack', gatewayId, connectionId, timestamp }));
        deliver();
      }
    });
  }

  function receive(message: string): void {
    try {
      const parsed = JSON.parse(message) as { type?: unknown; payload?: unknown } | null;
      if (parsed?.type !== 'deployment.ack') return;
      state.acks.push({ at: new Date().toISOString(), payload: parsed.payload });
      if (state.acks.length > 10_000) state.acks.shift();
    } catch {
      // APIM ignores what it cannot read
    }
  }

  /** Delivered = written to the socket, not acknowledged: what is written to a dying one is lost, as in APIM. */
  function deliver(): void {
    if (current === null || current.socket.readyState !== current.socket.OPEN) return;
    for (const event of state.pendingEvents) current.socket.send(JSON.stringify(event));
    state.pendingEvents = [];
  }

  return {
    upgrade,
    emit(event) {
      state.pendingEvents.push(event);
      deliver();
    },
    sendRaw: (text) => current?.socket.send(text),
    list: () => (current === null ? [] : [{ connectionId: current.connectionId, since: current.since }]),
    drop(code) {
      if (code === 0) current?.socket.terminate();
      else current?.socket.close(code, 'Dropped by test control');
    },
    close() {
      current?.socket.terminate();
      server.close();
    },
  };
}
