import type { Logger } from '@tidegate/process';
import type { ControlplaneSettings } from '@tidegate/sync-link';
import { WebSocket } from 'ws';
import { z } from 'zod';

import { authorities } from '../apim/exchange.ts';

export interface SessionEnd {
  readonly wasConnected: boolean;
  /** Close code, or an HTTP status of a refused upgrade; 0 = none */
  readonly code: number;
  readonly why: string;
}

export interface Connection {
  /** What the control plane calls this gateway; '' = it did not say */
  readonly gatewayId: string;
  /** False = the socket is not open, or is not being read */
  send(text: string): Promise<boolean>;
}

export interface SessionOptions {
  readonly settings: ControlplaneSettings;
  readonly ca: string | null;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onConnected: (connection: Connection) => void;
  /** Every text message after the acknowledgement. Must not throw */
  readonly onMessage: (text: string) => void;
  readonly patience: Patience;
}

/** How long what the control plane owes us may take. */
export interface Patience {
  readonly ackMs: number;
  /** Without a ping; data is no sign of life */
  readonly silenceMs: number;
  readonly watchMs: number;
}

/** APIM pings every 15 s (reference §1.5). */
export const PATIENCE: Patience = { ackMs: 5000, silenceMs: 35_000, watchMs: 5000 };

const HANDSHAKE_MS = 10_000;
const CLOSE_MS = 1000;
const MESSAGE_BYTES_MAX = 1024 * 1024;

/** One connection from dial to end. Resolves, never rejects: a session that ends is normal. */
export function holdSession(
  url: string,
  { settings, ca, logger, signal, onConnected, onMessage, patience }: SessionOptions,
): Promise<SessionEnd> {
  const socket = new WebSocket(url, {
    headers: { 'api-key': settings.token.reveal() },
    handshakeTimeout: HANDSHAKE_MS,
    maxPayload: MESSAGE_BYTES_MAX,
    followRedirects: false,
    rejectUnauthorized: !settings.insecure_skip_verify,
    minVersion: 'TLSv1.2',
    ...authorities(ca),
  });
  let wasConnected = false;
  let why = '';
  let code = 0;
  let lastPingAt = performance.now();
  const giveUp = (reason: string): void => {
    why ||= reason;
    socket.terminate();
  };
  const leave = (): void => {
    why ||= 'Gateway shutting down';
    if (socket.readyState !== WebSocket.OPEN) return socket.terminate();
    socket.close(1000, 'Gateway shutting down');
    setTimeout(() => socket.terminate(), CLOSE_MS).unref();
  };

  let ackTimer: NodeJS.Timeout | undefined;
  socket.on('open', () => {
    lastPingAt = performance.now();
    ackTimer = setTimeout(() => giveUp(`No connection.ack within ${patience.ackMs / 1000} s`), patience.ackMs);
  });
  socket.on('ping', () => void (lastPingAt = performance.now()));
  const watchdog = setInterval(() => {
    if (!wasConnected || performance.now() - lastPingAt <= patience.silenceMs) return;
    logger.warn({ silentMs: Math.round(performance.now() - lastPingAt) }, 'Heartbeat timeout detected');
    giveUp('Heartbeat timeout');
  }, patience.watchMs);
  socket.on('message', (data: Buffer, isBinary: boolean) => {
    if (isBinary) return;
    const text = data.toString('utf8');
    if (wasConnected) {
      logEvent(logger, text);
      onMessage(text);
      return;
    }
    clearTimeout(ackTimer);
    const ack = readAck(text);
    if (ack === null) return giveUp('The first message was not connection.ack');
    wasConnected = true;
    logger.info({ url, gatewayId: ack.gatewayId, connectionId: ack.connectionId }, 'Connected to control plane');
    onConnected({ gatewayId: ack.gatewayId, send: (message) => sendOn(socket, message) });
  });
  socket.on('unexpected-response', (_request, response) => {
    code = response.statusCode ?? 0;
    giveUp(`The upgrade was refused: HTTP ${code}`);
  });
  socket.on('error', (error: Error) => void (why ||= error.message));
  signal.addEventListener('abort', leave, { once: true });

  return new Promise((resolve) => {
    socket.on('close', (closeCode: number, reason: Buffer) => {
      clearTimeout(ackTimer);
      clearInterval(watchdog);
      signal.removeEventListener('abort', leave);
      resolve({ wasConnected, code: code || closeCode, why: why || reason.toString('utf8') || `Closed with code ${closeCode}` });
    });
    if (signal.aborted) leave();
  });
}

/** A peer that stopped reading must not fill our memory. */
const UNSENT_BYTES_MAX = 1024 * 1024;

/** Written to the connection; whether it arrived nobody says. */
function sendOn(socket: WebSocket, text: string): Promise<boolean> {
  if (socket.readyState !== WebSocket.OPEN || socket.bufferedAmount > UNSENT_BYTES_MAX) return Promise.resolve(false);
  return new Promise((resolve) => socket.send(text, (error) => resolve(error === undefined || error === null)));
}

const ackMessage = z.object({
  type: z.literal('connection.ack'),
  gatewayId: z.string().default(''),
  connectionId: z.string().default(''),
});
const eventMessage = z.object({ type: z.string().max(100), correlationId: z.string().max(200).optional() });

function readAck(text: string): z.output<typeof ackMessage> | null {
  const parsed = ackMessage.safeParse(jsonOf(text));
  return parsed.success ? parsed.data : null;
}

/** What comes is named, never its payload, which may carry key material. */
function logEvent(logger: Logger, text: string): void {
  const event = eventMessage.safeParse(jsonOf(text));
  if (event.success) logger.debug(event.data, 'Received WebSocket event');
  else logger.debug({ bytes: text.length }, 'Received WebSocket message that is not an event');
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
