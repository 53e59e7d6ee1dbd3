// node reply-from.mjs PORT UPSTREAM, with the packages of the folder it is copied to
import { randomUUID } from 'node:crypto';
import fastify from 'fastify';
import replyFrom from '@fastify/reply-from';

const [port, upstream] = process.argv.slice(2);
const app = fastify();
app.register(replyFrom, { base: `http://127.0.0.1:${upstream}`, undici: { connections: 256, pipelining: 1 } });
app.all('/*', (request, reply) =>
  reply.from(request.url, {
    rewriteRequestHeaders: (_request, headers) => ({
      ...headers,
      'x-request-id': headers['x-request-id'] ?? randomUUID(),
      'x-forwarded-for': request.ip,
      'x-forwarded-proto': 'http',
    }),
  }),
);
await app.listen({ port: Number(port), host: '127.0.0.1' });
