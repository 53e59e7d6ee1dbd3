import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';

import { createLogger } from '@tidegate/process';
import { controlplaneSettings } from '@tidegate/sync-link';
import { tcpFaultProxy, type TcpFaultProxy, testCertificate, waitFor } from '@tidegate/testkit';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';

import { type Connector, createConnector } from './connector.ts';
import type { Connection } from './websocket-session.ts';

/** A control plane behind a bad line, or one that means ill: bounded, survived, and connected again when it is well. */

const PATIENCE = { ackMs: 300, silenceMs: 400, watchMs: 50 };

let server: Server;
let sockets: WebSocketServer;
let proxy: TcpFaultProxy;
let connector: Connector;
let connections: (Connection | null)[];
let heard: string[];
let lost: number;
/** What the control plane does with each connection */
let greet: (socket: WebSocket) => void;

const ack = (socket: WebSocket): void =>
  socket.send(JSON.stringify({ type: 'connection.ack', gatewayId: 'g', connectionId: 'c', timestamp: 'now' }));
const pinging = (socket: WebSocket): void => {
  ack(socket);
  const pings = setInterval(() => socket.ping(), 50);
  socket.on('close', () => clearInterval(pings));
};

beforeEach(async () => {
  const { cert, private: key } = await testCertificate(['localhost']);
  server = createServer({ key, cert });
  sockets = new WebSocketServer({ server });
  greet = pinging;
  sockets.on('connection', (socket) => greet(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  proxy = await tcpFaultProxy({ target: (server.address() as AddressInfo).port });
  connections = [];
  heard = [];
  lost = 0;
  connector = createConnector({
    settings: controlplaneSettings.parse({
      host: `localhost:${proxy.port}`,
      token: 'registered',
      reconnect_initial: '10ms',
      reconnect_max: '50ms',
    }),
    ca: cert,
    logger: createLogger({ name: 't', level: 'debug', format: 'json', destination: { write: () => undefined } }),
    onChange: () => undefined,
    onConnection: (connection) => void connections.push(connection),
    onMessage: (text) => void heard.push(text),
    onLost: () => void (lost += 1),
    patience: PATIENCE,
  });
  connector.aim('/internal/data/v1');
});

afterEach(async () => {
  await connector.stop();
  for (const socket of sockets.clients) socket.terminate();
  await proxy.close();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

const connected = () => waitFor(() => connector.state().phase === 'connected', { timeoutMs: 30_000, what: 'the connection' });
const disconnected = () => waitFor(() => connector.state().phase === 'down', { timeoutMs: 30_000, what: 'the loss' });

test('a line that passes nothing any more is noticed without a close, and the next connection is used', async () => {
  await connected();
  proxy.hang();
  await disconnected();
  proxy.heal();
  await connected();
  expect(lost).toBeGreaterThan(0);
});

test('a peer that sends data but no pings is given up; one that never acknowledges is no connection', async () => {
  greet = (socket) => {
    ack(socket);
    const chatter = setInterval(() => socket.send('{"type":"x","payload":{}}'), 20);
    socket.on('close', () => clearInterval(chatter));
  };
  await connected();
  await disconnected();
  expect(connector.state()).toMatchObject({ why: 'Heartbeat timeout' });
  greet = () => undefined;
  await waitFor(() => (connector.state() as { why?: string }).why?.startsWith('No connection.ack') === true, {
    timeoutMs: 30_000,
    what: 'a connection that is not acknowledged',
  });
  greet = pinging;
  await connected();
});

test.each<[string, (line: TcpFaultProxy) => void]>([
  ['cut in the middle of a frame', (line) => line.cutAfter(2000)],
  ['reset', (line) => line.cut()],
])('a line that is %s: connected again when it is well', async (_, fault) => {
  await connected();
  fault(proxy);
  for (const socket of sockets.clients) socket.send(JSON.stringify({ type: 'x', payload: { text: 'x'.repeat(100_000) } }));
  await disconnected();
  proxy.heal();
  await connected();
});

test('a slow and thin line loses nothing', async () => {
  await connected();
  proxy.throttle(200_000);
  for (const socket of sockets.clients)
    for (let index = 0; index < 50; index++)
      socket.send(JSON.stringify({ type: 'x', payload: { index, text: 'x'.repeat(500) } }));
  await waitFor(() => heard.length === 50, { timeoutMs: 30_000, what: 'every message' });
  expect(heard.map((text) => (JSON.parse(text) as { payload: { index: number } }).payload.index)).toEqual([...Array(50).keys()]);
});

test('a message beyond 1 MiB, or in bytes, is not taken in; the connection comes back', async () => {
  await connected();
  for (const socket of sockets.clients) socket.send(Buffer.from('{"type":"api.deployed"}'));
  for (const socket of sockets.clients) socket.send('x'.repeat(1024 * 1024 + 1));
  await waitFor(() => lost > 0, { timeoutMs: 30_000, what: 'the connection to be given up' });
  await connected();
  expect(heard).toEqual([]);
});

test('a peer that stops reading is written no more than a megabyte to', async () => {
  let stopped: WebSocket | null = null;
  greet = (socket) => {
    pinging(socket);
    stopped = socket;
  };
  await connected();
  const connection = connections.at(-1) as Connection;
  (stopped as WebSocket | null)?.pause();
  const answers: boolean[] = [];
  // each pending send is an answer that has not come; those refused come at once
  for (let index = 0; index < 400; index++) void connection.send('x'.repeat(64 * 1024)).then((answer) => answers.push(answer));
  await waitFor(() => answers.includes(false), { timeoutMs: 30_000, what: 'a refusal' });
  expect(answers.filter((answer) => !answer).length).toBeGreaterThan(300);
});
