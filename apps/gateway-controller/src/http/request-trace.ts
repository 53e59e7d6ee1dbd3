import { AsyncLocalStorage } from 'node:async_hooks';

import { type Trace, traceOf, type Tracing } from '@tidegate/process';
import type { FastifyInstance } from 'fastify';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before anything else happens to the request */
    trace: Trace | null;
  }
}

const current = new AsyncLocalStorage<Trace>();

/** The trace of the request that is being served; `null` outside of one. What a write causes later goes on with it. */
export function currentTrace(): Trace | null {
  return current.getStore() ?? null;
}

/** Every request belongs to a trace: the caller's, or a new one. `tracing` = `null`: its spans go nowhere. */
export function traceRequests(instance: FastifyInstance, tracing: Tracing | null): void {
  instance.decorateRequest('trace', null);
  instance.addHook('onRequest', (request, _reply, done) => {
    const { traceparent } = request.headers;
    request.trace = traceOf(typeof traceparent === 'string' ? traceparent : undefined, () => tracing?.sample() ?? false);
    current.run(request.trace, done);
  });
  if (tracing === null) return;
  instance.addHook('onResponse', (request, reply, done) => {
    const { trace } = request;
    if (trace?.sampled === true) {
      const route = request.is404 ? null : (request.routeOptions.url ?? null);
      tracing.record({
        trace,
        name: route === null ? request.method : `${request.method} ${route}`,
        kind: 'server',
        startedMs: Date.now() - reply.elapsedTime,
        durationMs: reply.elapsedTime,
        attributes: {
          'http.request.method': request.method,
          'http.response.status_code': reply.statusCode,
          'http.route': route,
          'tidegate.request_id': request.id,
          'enduser.id': request.caller?.id ?? null,
        },
        error: reply.statusCode >= 500 ? (request.refusedAs ?? `status ${reply.statusCode}`) : null,
      });
    }
    done();
  });
}
