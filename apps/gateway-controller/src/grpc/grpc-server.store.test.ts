import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';

import { Client, credentials, type ServiceError } from '@grpc/grpc-js';
import { createLogger } from '@tidegate/process';
import { testCertificate, waitFor } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { settingsOf } from '../config.ts';
import { GrpcServer } from './grpc-server.ts';

/** TLS of the gRPC port: certificates from clients, and new ones of its own while it runs. */

const folder = mkdtempSync(join(tmpdir(), 'tidegate-grpc-'));
const file = (name: string): string => join(folder, name);
const logs: string[] = [];
const logger = createLogger({
  name: 'test',
  level: 'error',
  format: 'json',
  destination: { write: (line) => void logs.push(line) },
});
const echo = {
  path: '/test.Echo/Say',
  requestStream: false as const,
  responseStream: false as const,
  requestSerialize: Buffer.from,
  requestDeserialize: String,
  responseSerialize: Buffer.from,
  responseDeserialize: String,
};
let server: GrpcServer;
let ours: { cert: string; private: string };
let theirs: { cert: string; private: string };

beforeAll(async () => {
  [ours, theirs] = [await testCertificate([]), await testCertificate([])];
  install(ours);
  writeFileSync(file('clients.pem'), theirs.cert);
  const config = settingsOf({
    controller: {
      server: {
        grpc_port: 0,
        shutdown_timeout: '1s',
        grpc_tls: {
          cert_file: file('own.pem'),
          key_file: file('own.key'),
          client_ca_file: file('clients.pem'),
          reload_interval: '20ms',
        },
      },
    },
  });
  server = new GrpcServer(config, logger);
  server.addService(
    { say: echo },
    { say: (call: { request: string }, answer: (error: null, said: string) => void) => answer(null, call.request) },
  );
  await server.onApplicationBootstrap();
});

afterAll(async () => {
  await server.onApplicationShutdown();
  rmSync(folder, { recursive: true, force: true });
});

function install({ cert, private: key }: { cert: string; private: string }): void {
  writeFileSync(file('own.pem'), cert);
  writeFileSync(file('own.key'), key);
}

/** What the server answers to one who trusts `ca` and shows `identity`. */
function say(ca: string, identity: { cert: string; private: string } | null): Promise<string> {
  const [key, cert] = identity === null ? [null, null] : [Buffer.from(identity.private), Buffer.from(identity.cert)];
  const client = new Client(`localhost:${server.port}`, credentials.createSsl(Buffer.from(ca), key, cert));
  return new Promise<string>((resolve, reject) => {
    const deadline = { deadline: Date.now() + 5000 };
    client.makeUnaryRequest(
      echo.path,
      echo.requestSerialize,
      echo.responseDeserialize,
      'hello',
      deadline,
      (error: ServiceError | null, said?: string) => (error === null ? resolve(said ?? '') : reject(error)),
    );
  }).finally(() => client.close());
}

/** Of the certificate that the next connection is shown. */
function fingerprint(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(
      { port: server.port ?? 0, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] },
      () => {
        resolve(socket.getPeerCertificate().fingerprint256);
        socket.destroy();
      },
    );
    socket.once('error', reject);
  });
}

it('lets in clients that show a certificate of the authority that is named, and no others', async () => {
  expect(await say(ours.cert, theirs)).toBe('hello');
  await expect(say(ours.cert, null)).rejects.toThrow();
  await expect(say(ours.cert, await testCertificate([]))).rejects.toThrow();
  await expect(say(theirs.cert, theirs)).rejects.toThrow(); // we are not who they trust
});

it('shows new certificates to new connections, and keeps those it has while files are broken', async () => {
  const first = await fingerprint();
  const next = await testCertificate([]);
  install(next);
  await waitFor(async () => (await fingerprint()) !== first, { what: 'the new certificate' });
  expect(await say(next.cert, theirs)).toBe('hello');
  writeFileSync(file('own.key'), ours.private);
  await waitFor(() => logs.join('').includes('are not a pair'), { what: 'the complaint' });
  expect(await say(next.cert, theirs)).toBe('hello');
});

it('takes a new authority for clients', async () => {
  const others = await testCertificate([]);
  install(ours);
  writeFileSync(file('clients.pem'), others.cert);
  await waitFor(() => say(ours.cert, others).then(() => true), { timeoutMs: 20_000, what: 'the new authority' });
  await expect(say(ours.cert, theirs)).rejects.toThrow();
});
