import type { Logger } from '@tidegate/process';
import type { FastifyInstance } from 'fastify';
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

declare module 'fastify' {
  interface FastifyRequest {
    /** The `code` of the error envelope that was answered */
    refusedAs: string | null;
  }
}

/** One line and some metrics per request, after its answer. Paths only: queries, headers and bodies may carry secrets. */
export function logRequests(instance: FastifyInstance, logger: Logger, registry: Registry): void {
  const requests = new Counter({
    name: 'gateway_controller_http_requests_total',
    help: 'Requests to the management API',
    labelNames: ['method', 'endpoint', 'status_code'],
    registers: [registry],
  });
  const durations = new Histogram({
    name: 'gateway_controller_http_request_duration_seconds',
    help: 'Time from the last header byte of a request to the last byte of its answer',
    labelNames: ['method', 'endpoint'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    registers: [registry],
  });
  const operations = new Counter({
    name: 'gateway_controller_api_operations_total',
    help: 'Writes of APIs',
    labelNames: ['operation', 'status', 'api_type'],
    registers: [registry],
  });
  const refusals = new Counter({
    name: 'gateway_controller_refusals_total',
    help: 'Answers from 400 up, by the code in their body',
    labelNames: ['code'],
    registers: [registry],
  });
  const underWay = new Gauge({
    name: 'gateway_controller_concurrent_requests',
    help: 'Requests to the management API that are under way',
    registers: [registry],
  });
  instance.decorateRequest('refusedAs', null);
  instance.addHook('onRequest', (_request, _reply, done) => {
    underWay.inc();
    done();
  });
  instance.addHook('onResponse', (request, reply, done) => {
    // The pattern, never the path: label values are bounded (invariant 9).
    const endpoint = request.is404 ? 'unmatched' : (request.routeOptions.url ?? 'unmatched');
    const method = request.is404 ? 'other' : request.method;
    requests.inc({ method, endpoint, status_code: reply.statusCode });
    const operation = API_ROUTE.test(endpoint) ? OPERATIONS.get(method) : undefined;
    const status = reply.statusCode < 400 ? 'success' : 'error';
    if (operation !== undefined) operations.inc({ operation, status, api_type: 'rest_api' });
    underWay.dec();
    if (request.refusedAs !== null) refusals.inc({ code: request.refusedAs });
    durations.observe({ method, endpoint }, reply.elapsedTime / 1000);
    logger.info(
      {
        method: request.method,
        path: (request.url.split('?', 1)[0] as string).slice(0, 256),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        requestId: request.id,
        traceId: request.trace?.traceId,
        user: request.caller?.id,
      },
      'request',
    );
    done();
  });
}

const API_ROUTE = /^(\/api\/management\/v1)?\/rest-apis(\/:id)?$/;
const OPERATIONS: ReadonlyMap<string, string> = new Map([
  ['POST', 'create'],
  ['PUT', 'update'],
  ['DELETE', 'delete'],
]);
