import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import type { Certificate } from '../certificate.ts';
import { gatewayOf } from '../internal-data/data-service.ts';
import type { Simulator } from '../simulator.ts';
import { websocketPaths } from './endpoint.ts';
import { describeRequest, internalError, runExchange } from './exchange.ts';

export type SimulatorServer = { readonly port: number; close(): Promise<void> };

/** Listens; everything of APIM is on one port, HTTPS only. */
export async function startServer(simulator: Simulator, certificate: Certificate): Promise<SimulatorServer> {
  const server = createServer({ key: certificate.key, cert: certificate.cert, minVersion: 'TLSv1.2' });
  server.on('request', (incoming, response) => {
    runExchange(simulator, incoming, response).catch((error: unknown) => internalError(response, error));
  });
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) =>
    acceptUpgrade(simulator, incoming, socket, head),
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(simulator.settings.port, simulator.settings.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port, // listening on TCP: not a pipe name
    close: () =>
      new Promise((resolve) => {
        simulator.sessions.close();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function acceptUpgrade(simulator: Simulator, incoming: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.on('error', () => socket.destroy());
  const request = describeRequest(incoming, Buffer.alloc(0));
  if (!websocketPaths.includes(request.path)) {
    socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    return;
  }
  const fault = simulator.rules.take('websocket', () => false);
  const exchange = simulator.recorder.begin('websocket', request, fault);
  switch (fault?.kind) {
    case 'hang':
      return;
    case 'reset':
      socket.destroy();
      return;
    case 'status':
      exchange.status = fault.status;
      socket.end(`HTTP/1.1 ${fault.status} Injected\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      return;
    default:
      exchange.status = 101;
      exchange.processed = true;
      simulator.sessions.upgrade(incoming, socket, head, {
        gatewayId: gatewayOf(simulator.state, request.headers['api-key'])?.id ?? null,
        ack: fault?.kind !== 'no-ack',
      });
  }
}
