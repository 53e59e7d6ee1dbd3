import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';

import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Logger, Tracing } from '@tidegate/process';
import type { FastifyInstance, FastifyReply, FastifyRequest, RawRequestDefaultExpression } from 'fastify';
import type { Registry } from 'prom-client';

import type { Presented } from '../auth/authentication.ts';
import type { ControllerConfig } from '../config.ts';
import type { Caller } from './access.ts';
import { readConsoleFiles } from '../console/console-files.ts';
import { serveConsole } from '../console/serve-console.ts';
import { acceptBodies, BODY_BYTES_MAX } from './body.ts';
import { errorAnswer } from './error-answer.ts';
import { requestGate } from './request-gate.ts';
import { logRequests } from './request-log.ts';
import { traceRequests } from './request-trace.ts';

interface EdgeOptions {
  readonly config: ControllerConfig;
  readonly logger: Logger;
  readonly registry: Registry;
  readonly tracing?: Tracing | null;
  /** Who is asking, see auth/authentication.ts */
  readonly callerOf: (presented: Presented) => Promise<Caller | null>;
}

/** Everything between the socket and the controllers. */
export function fastifyAdapter({ config, logger, registry, tracing = null, callerOf }: EdgeOptions): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: 65_000,
    requestIdHeader: false,
    trustProxy: config.controller.server.trusted_proxies.length === 0 ? false : [...config.controller.server.trusted_proxies],
    genReqId: requestId,
    routerOptions: { maxParamLength: 300 },
    // A URL that cannot be decoded is refused before any hook or filter runs.
    frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => {
      const answer = errorAnswer(error, request.id);
      void reply
        .status(answer.status)
        .headers({ ...answer.headers, 'X-Correlation-ID': request.id })
        .type('application/json')
        .send(answer.body);
    },
    clientErrorHandler: refuseUnreadable,
  });
  const instance: FastifyInstance = adapter.getInstance();
  instance.decorateRequest('caller', null);
  traceRequests(instance, tracing);
  acceptBodies(instance);
  instance.addHook('onRequest', requestGate(config, callerOf));
  logRequests(instance, logger, registry);
  serveConsole(instance, readConsoleFiles(config.controller.console.dir));
  return adapter;
}

const REQUEST_TIMEOUT_MS = 30_000;

/** The caller's id when it is one that is safe to echo and to log, else a fresh one. */
function requestId(request: RawRequestDefaultExpression): string {
  const sent = request.headers['x-correlation-id'];
  return typeof sent === 'string' && /^[A-Za-z0-9._:-]{1,128}$/.test(sent) ? sent : randomUUID();
}

/** Bytes that are no HTTP request, or headers beyond Node's bound: answered by hand, since there is no request yet. */
function refuseUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? 431 : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? 408 : 400;
  const { body } = errorAnswer({ statusCode: status }, randomUUID());
  const text = JSON.stringify(body);
  socket.end(
    `HTTP/1.1 ${status} ${body.code}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`,
  );
}
