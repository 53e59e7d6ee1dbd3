import { connect, type Socket } from 'node:net';

import { afterEach, beforeEach, expect, it } from 'vitest';

import { type EchoUpstream, echoUpstream } from './echo-upstream.ts';
import { type TcpFaultProxy, tcpFaultProxy } from './tcp-fault-proxy.ts';
import { waitFor } from './wait-for.ts';

let upstream: EchoUpstream;
let proxy: TcpFaultProxy;
beforeEach(async () => {
  upstream = await echoUpstream({ answer: (_request, response) => void response.end('ok') });
  proxy = await tcpFaultProxy({ target: `127.0.0.1:${upstream.port}` });
});
afterEach(async () => {
  await proxy.close();
  await upstream.close();
});

async function request(): Promise<string> {
  const response = await fetch(`http://${proxy.address}/`, { headers: { connection: 'close' } });
  return await response.text();
}

function open(): { socket: Socket; state: { received: string; error?: string; closed: boolean } } {
  const state: { received: string; error?: string; closed: boolean } = { received: '', closed: false };
  const socket = connect(proxy.port, '127.0.0.1').setEncoding('utf8');
  socket.on('data', (chunk) => (state.received += String(chunk)));
  socket.on('error', (error: NodeJS.ErrnoException) => (state.error = error.code ?? error.message));
  socket.on('close', () => (state.closed = true));
  return { socket, state };
}

it('passes bytes both ways, also delayed', async () => {
  expect(await request()).toBe('ok');
  proxy.delay(5);
  expect(await request()).toBe('ok');
});

it('cuts open and new connections until healed', async () => {
  const { state } = open();
  await waitFor(() => upstream.requests.length === 0 && !state.closed, { what: 'the connection' });
  proxy.cut();
  await waitFor(() => state.closed, { what: 'the reset' });
  await expect(request()).rejects.toThrow();
  proxy.heal();
  expect(await request()).toBe('ok');
});

it('holds everything back while hanging and delivers it when healed', async () => {
  proxy.hang();
  const { socket, state } = open();
  socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
  const other = open();
  await waitFor(() => !other.socket.connecting, { what: 'connections to be accepted' });
  expect(state.received).toBe('');
  expect(upstream.requests).toHaveLength(0);
  proxy.heal();
  await waitFor(() => state.received.endsWith('ok\r\n0\r\n\r\n') || state.received.endsWith('ok'), { what: 'the held answer' });
  other.socket.destroy();
});

it('cuts in the middle of an answer, once its bytes are used up', async () => {
  proxy.cutAfter(20);
  const { socket, state } = open();
  socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
  await waitFor(() => state.closed, { what: 'the reset' });
  expect(state.received).toHaveLength(20);
  proxy.heal();
  expect(await request()).toBe('ok');
});

it('passes everything on a thin line, in order', async () => {
  proxy.throttle(20_000);
  expect(await request()).toBe('ok');
});
