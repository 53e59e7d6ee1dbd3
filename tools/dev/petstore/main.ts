import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { parseArgs } from 'node:util';
import { createPetstore } from './pets.ts';

/** The sample backend that https://petstore.example.com leads to on one machine. TLS only, loopback only. */
const { values } = parseArgs({ options: { port: { type: 'string' }, cert: { type: 'string' }, key: { type: 'string' } } });
const petstore = createPetstore();
const bodyBytesMax = 1024 * 1024;

const server = createServer(
  { cert: readFileSync(values.cert ?? ''), key: readFileSync(values.key ?? '') },
  (request, response) => {
    respond(request, response).catch(() => response.destroy());
  },
);
server.keepAliveTimeout = 65_000;
server.listen(Number(values.port), '127.0.0.1');
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 1_000);
  });
}

async function respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > bodyBytesMax) return send(response, 413, { message: 'too large' });
    pieces.push(piece);
  }
  let body: unknown = null;
  try {
    if (size > 0) body = JSON.parse(Buffer.concat(pieces).toString('utf8'));
  } catch {
    return send(response, 400, { message: 'the body is not JSON' });
  }
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const reply = petstore.answer(request.method ?? 'GET', path, body);
  send(response, reply.status, reply.body);
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
