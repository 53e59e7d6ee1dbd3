import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { ApimState, GatewayEvent } from '../state/apim-state.ts';

/** The WebSocket end of the control plane: per gateway one session, the newest (reference §1.3-§1.5, §2.7). */
export type GatewaySessions = {
  /** Completes an upgrade. Without a gateway: 101 and then close code 4401, as APIM does. */
  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    how: { readonly gatewayId: string | null; readonly ack: boolean },
  ): void;
  /** Stores an event for a gateway, and sends what is stored if it is there. */
  emit(event: GatewayEvent, gatewayId: string): void;
  /** Sends the last events that were written to a gateway again, in order or backwards: at least once, as APIM delivers. */
  replay(gatewayId: string, how: { readonly last: number; readonly backwards: boolean }): number;
  /** Sends a text as it is, if a gateway is there: what no APIM would. */
  sendRaw(text: string, gatewayId: string): void;
  /** What is connected, for `/_control/state`. */
  list(): readonly { readonly gatewayId: string; readonly connectionId: string; readonly since: string }[];
  /** Drops a session, with a close frame or (code 0) without; stops pinging it (code -1), as a peer that hangs does. */
  drop(code: number, gatewayId: string): void;
  close(): void;
};

type Session = {
  readonly gatewayId: string;
  readonly connectionId: string;
  readonly since: string;
  readonly socket: WebSocket;
  readonly pings: NodeJS.Timeout;
};

/** Sent events remembered for replays. */
const sentMax = 1000;

export function createGatewaySessions(state: ApimState, pingIntervalMs: () => number): GatewaySessions {
  const server = new WebSocketServer({ noServer: true, maxPayload: 1024 * 1024 });
  const sessions = new Map<string, Session>();
  const sent = new Map<string, GatewayEvent[]>();

  function accept(gatewayId: string, connection: WebSocket, ack: boolean): void {
    sessions.get(gatewayId)?.socket.close(1000, 'Replaced by a newer session');
    const session: Session = {
      gatewayId,
      connectionId: randomUUID(),
      since: new Date().toISOString(),
      socket: connection,
      pings: setInterval(() => connection.ping(), pingIntervalMs()),
    };
    sessions.set(gatewayId, session);
    connection.on('message', (data, isBinary) => {
      if (!isBinary) receive((data as Buffer).toString('utf8')); // binaryType is nodebuffer, the default
    });
    connection.on('close', () => {
      clearInterval(session.pings);
      if (sessions.get(gatewayId) === session) sessions.delete(gatewayId);
    });
    if (!ack) return;
    const { connectionId, since: timestamp } = session;
    connection.send(JSON.stringify({ type: 'connection.ack', gatewayId, connectionId, timestamp }));
    deliver(gatewayId);
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
  function deliver(gatewayId: string): void {
    const socket = sessions.get(gatewayId)?.socket;
    if (socket === undefined || socket.readyState !== socket.OPEN) return;
    const due = state.pendingEvents.filter((each) => each.gatewayId === gatewayId).map(({ event }) => event);
    for (const event of due) socket.send(JSON.stringify(event));
    sent.set(gatewayId, [...(sent.get(gatewayId) ?? []), ...due].slice(-sentMax));
    state.pendingEvents = state.pendingEvents.filter((each) => each.gatewayId !== gatewayId);
  }

  return {
    upgrade(request, socket, head, { gatewayId, ack }) {
      server.handleUpgrade(request, socket, head, (connection) => {
        connection.on('error', () => connection.terminate());
        if (gatewayId !== null) return accept(gatewayId, connection, ack);
        const missing = request.headers['api-key'] === undefined;
        connection.close(4401, missing ? "API key is required. Provide 'api-key' header." : 'Invalid or expired API key');
      });
    },
    emit(event, gatewayId) {
      state.pendingEvents.push({ gatewayId, event });
      deliver(gatewayId);
    },
    replay(gatewayId, { last, backwards }) {
      const events = (sent.get(gatewayId) ?? []).slice(-last);
      const socket = sessions.get(gatewayId)?.socket;
      if (socket === undefined) return 0;
      for (const event of backwards ? events.toReversed() : events) socket.send(JSON.stringify(event));
      return events.length;
    },
    sendRaw: (text, gatewayId) => sessions.get(gatewayId)?.socket.send(text),
    list: () => [...sessions.values()].map(({ gatewayId, connectionId, since }) => ({ gatewayId, connectionId, since })),
    drop(code, gatewayId) {
      const session = sessions.get(gatewayId);
      if (code === -1) clearInterval(session?.pings);
      else if (code === 0) session?.socket.terminate();
      else session?.socket.close(code, 'Dropped by test control');
    },
    close() {
      for (const { socket } of sessions.values()) socket.terminate();
      server.close();
    },
  };
}
