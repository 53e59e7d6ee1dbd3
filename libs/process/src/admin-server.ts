import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { Registry } from 'prom-client';

import { isLoopback } from './loopback.ts';

const BODY_BYTES_MAX = 64 * 1024;

export interface AdminAnswer {
  readonly status: number;
  /** a string is sent as text, anything else as JSON */
  readonly body: unknown;
  /** default: by the type of `body` */
  readonly contentType?: string;
}

export type AdminRoute = (request: IncomingMessage, body: string) => AdminAnswer | Promise<AdminAnswer>;

/** Whether all is well, or what is: every part by its name */
export type Readiness = boolean | Readonly<Record<string, boolean>>;

export interface AdminServerOptions {
  readonly host: string;
  /** 0 picks a free one */
  readonly port: number;
  /** the process works; false asks the supervisor to restart it */
  readonly live: () => boolean;
  /** the process should be given work */
  readonly ready: () => Readiness | Promise<Readiness>;
  readonly registry?: Pick<Registry, 'metrics' | 'contentType'>;
  /** by "METHOD /path", exact */
  readonly routes?: Readonly<Record<string, AdminRoute>>;
  /** who may see more than health and readiness; without it only this machine may (architecture, "Admin ports") */
  readonly authorize?: (request: IncomingMessage) => boolean | Promise<boolean>;
}

export interface AdminServer {
  readonly port: number;
  close(): Promise<void>;
}

/** GET /health, /ready and /metrics plus the app's own routes. Rejects with the listen error when the port is taken. */
export async function startAdminServer(options: AdminServerOptions): Promise<AdminServer> {
  const routes = new Map<string, AdminRoute>(Object.entries(options.routes ?? {}));
  const { registry } = options;
  if (registry)
    routes.set('GET /metrics', async () => ({ status: 200, body: await registry.metrics(), contentType: registry.contentType }));

  const server = createServer((request, response) => {
    answer(options, routes, request).then(
      (result) => send(response, result),
      (error: unknown) =>
        send(response, {
          status: 500,
          body: { status: 'error', message: error instanceof Error ? error.message : String(error) },
        }),
    );
  });
  await listen(server, options.port, options.host);
  return { port: (server.address() as AddressInfo).port, close: () => close(server) }; // a TCP server that listens has an AddressInfo
}

async function answer(
  options: AdminServerOptions,
  routes: ReadonlyMap<string, AdminRoute>,
  request: IncomingMessage,
): Promise<AdminAnswer> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  const key = `${request.method ?? ''} ${path}`;
  if (key === 'GET /health')
    return options.live() ? { status: 200, body: { status: 'healthy' } } : { status: 503, body: { status: 'unhealthy' } };
  if (key === 'GET /ready') return readiness(await options.ready());

  const refusal = await refusalOf(options, request);
  if (refusal) return refusal;
  const route = routes.get(key);
  if (!route) return { status: 404, body: { status: 'error', message: `No ${key} here` } };
  const body = await readBody(request);
  if (body === null) return { status: 413, body: { status: 'error', message: `Bodies are at most ${BODY_BYTES_MAX} bytes` } };
  return await route(request, body);
}

function readiness(said: Readiness): AdminAnswer {
  const ready = typeof said === 'boolean' ? said : Object.values(said).every(Boolean);
  const checks = typeof said === 'boolean' ? {} : { checks: said };
  return { status: ready ? 200 : 503, body: { status: ready ? 'ready' : 'not_ready', ...checks } };
}

/** A page in a browser reaches loopback ports too, but with its own name in `Host` (DNS rebinding) or an `Origin`. */
async function refusalOf(options: AdminServerOptions, request: IncomingMessage): Promise<AdminAnswer | null> {
  if (options.authorize) {
    return (await options.authorize(request))
      ? null
      : { status: 401, body: { status: 'error', message: 'Credentials are missing or wrong' } };
  }
  if (!isLoopback(options.host))
    return { status: 403, body: { status: 'error', message: 'Only health and readiness are open without credentials' } };
  const hostname = (request.headers.host ?? 'localhost').replace(/:\d+$/, '');
  if (!isLoopback(hostname) || request.headers.origin !== undefined)
    return { status: 421, body: { status: 'error', message: 'This port serves this machine only' } };
  return null;
}

/** null when the body is larger than the bound; the rest of it is not read. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, { status, body, contentType }: AdminAnswer): void {
  const text = typeof body === 'string';
  const type = contentType ?? (text ? 'text/plain; charset=utf-8' : 'application/json');
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' });
  response.end(text ? body : `${JSON.stringify(body)}\n`);
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error ? reject(error) : resolve()));
    server.closeAllConnections();
  });
}
