import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';

import { createLogger } from '@tidegate/process';
import { controlplaneSettings } from '@tidegate/sync-link';
import { waitFor } from '@tidegate/testkit';
import { generate } from 'selfsigned';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';

import { type Connector, createConnector } from './connector.ts';
import type { SocketLink } from './link-status.ts';

/** What a control plane does with each connection in turn; the last one goes on. */
let greet: ((socket: WebSocket, apiKey: unknown) => void)[];
let server: Server;
let sockets: WebSocketServer;
let connector: Connector;
let states: SocketLink[];
let logged: string[];

const ack = (socket: WebSocket) =>
  socket.send(JSON.stringify({ type: 'connection.ack', gatewayId: 'g', connectionId: 'c', timestamp: 'now' }));

beforeEach(async () => {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  });
  server = createServer({ key: made.private, cert: made.cert });
  sockets = new WebSocketServer({ server, path: '/internal/data/v1/ws/gateways/connect' });
  greet = [];
  sockets.on('connection', (socket, request) =>
    (greet.length > 1 ? greet.shift() : greet[0])?.(socket, request.headers['api-key']),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // listening on TCP
  states = [];
  logged = [];
  connector = createConnector({
    settings: controlplaneSettings.parse({
      host: `localhost:${port}`,
      token: 'registered',
      reconnect_initial: '10ms',
      reconnect_max: '20ms',
    }),
    ca: made.cert,
    logger: createLogger({ name: 't', level: 'debug', format: 'json', destination: { write: (line) => void logged.push(line) } }),
    onChange: (state) => void states.push(state),
    onConnection: () => undefined,
    onMessage: () => undefined,
    onLost: () => undefined,
  });
});

afterEach(async () => {
  await connector.stop();
  for (const socket of sockets.clients) socket.terminate();
  await new Promise<void>((resolve) => server.close(() => resolve()));
});

const until = (phase: SocketLink['phase'], reason?: string) =>
  waitFor(
    () =>
      states.some((state) => state.phase === phase && (reason === undefined || ('reason' in state && state.reason === reason))),
    { what: phase },
  );

test('shows its registration token, and is connected when that is acknowledged', async () => {
  const keys: unknown[] = [];
  greet = [(socket, key) => (keys.push(key), ack(socket))];
  connector.aim('/internal/data/v1');
  await until('connected');
  expect(keys).toEqual(['registered']);
  expect(logged.join('')).toContain('Connected to control plane');
  expect(logged.join('')).not.toContain('registered');
});

test('a first message that is no ack is no connection; the next try may be', async () => {
  greet = [(socket) => socket.send('{"type":"api.deployed"}'), ack];
  connector.aim('/internal/data/v1');
  await until('connected');
  expect(states.map(({ phase }) => phase)).toEqual(['down', 'down', 'connected']);
});

test('connects again when the connection is lost', async () => {
  greet = [(socket) => (ack(socket), setTimeout(() => socket.terminate(), 5)), ack];
  connector.aim('/internal/data/v1');
  await waitFor(() => states.filter(({ phase }) => phase === 'connected').length === 2, { what: 'the second connection' });
  expect(logged.join('')).toContain('Connection lost');
});

test('4401 is recognised as a wrong token', async () => {
  greet = [(socket) => socket.close(4401, 'Invalid or expired API key')];
  connector.aim('/internal/data/v1');
  await until('down', 'registration_token');
  expect(states.at(-1)).toMatchObject({
    why: 'The registration token (controller.controlplane.token) is refused: Invalid or expired API key',
  });
});

test('a refused upgrade is a failure like any other', async () => {
  connector.aim('/elsewhere');
  await until('down', 'websocket_down');
  expect(states.at(-1)).toMatchObject({ why: expect.stringContaining('HTTP 400') as unknown });
});

test('events are named in the log, their payload is not', async () => {
  greet = [
    (socket) => {
      ack(socket);
      socket.send(JSON.stringify({ type: 'apikey.created', correlationId: 'x1', payload: { apiKeyHashes: 'digest' } }));
      socket.send('not json');
    },
  ];
  connector.aim('/internal/data/v1');
  await waitFor(() => logged.join('').includes('Received WebSocket event'), { what: 'the event' });
  expect(logged.join('')).toContain('apikey.created');
  expect(logged.join('')).not.toContain('digest');
});

test('told to stay away it closes politely', async () => {
  const closed: number[] = [];
  greet = [(socket) => (ack(socket), socket.on('close', (code) => closed.push(code)))];
  connector.aim('/internal/data/v1');
  await until('connected');
  connector.aim(null);
  await waitFor(() => closed.length === 1, { what: 'the close' });
  expect(closed).toEqual([1000]);
  expect(connector.state()).toEqual({ phase: 'unused' });
});
