import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

import { waitFor } from '@tidegate/testkit';
import { expect, onTestFinished, test } from 'vitest';

import { canShareReads, RECEIVED, withSharedReads } from './shared-reads.ts';

test('this Node can: what ships does not fall back', async () => {
  expect(await canShareReads()).toBe(true);
});

test('a paused connection is not read from, and its server counts it until it has ended', async () => {
  const got: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer((accepted) => {
    const socket = withSharedReads(accepted, (end) => {
      got.push(RECEIVED.toString('latin1', 0, end));
      socket.pause();
      return true;
    });
    socket.resume();
    sockets.push(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => void client.destroy());
  const connections = () =>
    new Promise<number>((resolve, reject) => server.getConnections((error, count) => (error ? reject(error) : resolve(count))));

  client.write('a');
  await waitFor(() => got.length === 1, { what: 'the first bytes' });
  await new Promise((resolve) => client.write('b', resolve));
  expect(await connections()).toBe(1);
  expect(got).toEqual(['a']);
  sockets[0]?.resume();
  await waitFor(() => got.length === 2, { what: 'the bytes sent meanwhile' });
  expect(got).toEqual(['a', 'b']);
  sockets[0]?.destroy();
  await waitFor(async () => (await connections()) === 0, { what: 'the server to count it as gone' });
});
