import { request } from 'node:http';

import { Counter, Registry } from 'prom-client';
import { afterEach, describe, expect, it } from 'vitest';

import { type AdminServer, type AdminServerOptions, startAdminServer } from './admin-server.ts';

let server: AdminServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function start(options: Partial<AdminServerOptions> = {}): Promise<void> {
  server = await startAdminServer({ host: '127.0.0.1', port: 0, live: () => true, ready: () => true, ...options });
}

interface Answer {
  readonly status: number | undefined;
  readonly body: string;
}

function call(method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port: server?.port, method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode, body: text }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

describe('startAdminServer', () => {
  it('answers health, readiness and metrics', async () => {
    const registry = new Registry();
    new Counter({ name: 'tidegate_test_total', help: 'a test', registers: [registry] }).inc(3);
    await start({ registry, ready: () => Promise.resolve(false) });
    expect(await call('GET', '/health')).toMatchObject({ status: 200 });
    expect(await call('GET', '/ready?verbose')).toMatchObject({ status: 503 });
    expect((await call('GET', '/metrics')).body).toContain('tidegate_test_total 3');
  });

  it("answers the app's routes, bounds their bodies and survives their errors", async () => {
    await start({
      routes: {
        'POST /echo': (_request, body) => ({ status: 201, body: { got: body } }),
        'GET /broken': () => Promise.reject(new Error('boom')),
      },
    });
    expect(await call('POST', '/echo', {}, 'hello')).toEqual({ status: 201, body: '{"got":"hello"}\n' });
    expect(await call('GET', '/echo')).toMatchObject({ status: 404 });
    expect(await call('GET', '/broken')).toMatchObject({ status: 500 });
    expect(await call('POST', '/echo', {}, 'x'.repeat(65 * 1024))).toMatchObject({ status: 413 });
  });

  it('is closed to pages in a browser', async () => {
    await start({ routes: { 'GET /dump': () => ({ status: 200, body: {} }) } });
    expect(await call('GET', '/dump')).toMatchObject({ status: 200 });
    expect(await call('GET', '/dump', { host: 'rebound.example.com' })).toMatchObject({ status: 421 });
    expect(await call('GET', '/dump', { origin: 'https://evil.example.com' })).toMatchObject({ status: 421 });
    expect(await call('GET', '/health', { host: 'rebound.example.com' })).toMatchObject({ status: 200 });
  });

  it('opens only health and readiness beyond this machine without credentials', async () => {
    await start({ host: '0.0.0.0', routes: { 'GET /dump': () => ({ status: 200, body: {} }) } });
    expect(await call('GET', '/ready')).toMatchObject({ status: 200 });
    expect(await call('GET', '/dump')).toMatchObject({ status: 403 });
  });

  it('asks for credentials where there are some', async () => {
    await start({
      authorize: (incoming) => incoming.headers.authorization === 'yes',
      routes: { 'GET /dump': () => ({ status: 200, body: {} }) },
    });
    expect(await call('GET', '/dump')).toMatchObject({ status: 401 });
    expect(await call('GET', '/dump', { authorization: 'yes' })).toMatchObject({ status: 200 });
  });

  it('rejects when the port is taken', async () => {
    await start();
    await expect(
      startAdminServer({ host: '127.0.0.1', port: server?.port ?? 0, live: () => true, ready: () => true }),
    ).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });
});
