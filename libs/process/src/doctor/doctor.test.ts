import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';

import { testCertificate } from '@tidegate/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { examineCertificate, validity } from './examine-certificate.ts';
import { examineClock } from './examine-clock.ts';
import { examinePeer } from './examine-peer.ts';
import { examinePort } from './examine-port.ts';
import { examineRedis } from './examine-redis.ts';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-doctor-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a port', () => {
  it('is free, or somebody listens there', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await examinePort('x.port', '127.0.0.1', port)).toMatchObject({
      verdict: 'warn',
      subject: `x.port (127.0.0.1:${port})`,
    });
    await new Promise((resolve) => server.close(resolve));
    expect((await examinePort('x.port', '127.0.0.1', port)).verdict).toBe('ok');
    expect((await examinePort('x.port', '127.0.0.1', 0)).verdict).toBe('ok');
  });

  it('of a host that is not here cannot be listened on', async () => {
    expect((await examinePort('x.port', '192.0.2.1', 9090)).verdict).toBe('fail');
  });
});

describe('a certificate', () => {
  const dated = { validFrom: '2026-01-01T00:00:00Z', validTo: '2026-03-01T00:00:00Z' };
  it.each([
    ['2025-12-31T00:00:00Z', 'fail'],
    ['2026-01-02T00:00:00Z', 'ok'],
    ['2026-02-20T00:00:00Z', 'warn'],
    ['2026-03-02T00:00:00Z', 'fail'],
  ])('at %s is %s', (now, verdict) => {
    expect(validity('x', dated, Date.parse(now)).verdict).toBe(verdict);
  });

  it('must be there, and a pair with its key', async () => {
    const one = await testCertificate(['localhost']);
    const other = await testCertificate(['localhost']);
    const files = { setting: 'tls', certFile: join(folder, 'a.crt'), keyFile: join(folder, 'a.key') };
    expect(examineCertificate(files, Date.now())).toMatchObject({
      verdict: 'fail',
      message: expect.stringMatching(/ENOENT/) as string,
    });
    writeFileSync(files.certFile, one.cert);
    writeFileSync(files.keyFile, other.private);
    expect(examineCertificate(files, Date.now())).toMatchObject({
      verdict: 'fail',
      message: expect.stringMatching(/does not belong/) as string,
    });
    writeFileSync(files.keyFile, one.private);
    expect(examineCertificate(files, Date.now()).verdict).not.toBe('fail');
  });
});

it.each([
  [500, 100, 'ok'],
  [-2500, 100, 'warn'],
  [2500, 1000, 'ok'],
  [3_600_000, 100, 'fail'],
  [-61_000, 500, 'fail'],
])('a clock that differs by %i ms, known to %i ms, is %s', (difference, spread, verdict) => {
  expect(examineClock('x', difference, spread).verdict).toBe(verdict);
});

describe('a peer', () => {
  it('answers in clear or not at all', async () => {
    const server = createServer((socket) => void socket.end());
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    expect(await examinePeer({ setting: 'x', host: '127.0.0.1', port }, Date.now())).toMatchObject([{ verdict: 'ok' }]);
    await new Promise((resolve) => server.close(resolve));
    const [found] = await examinePeer({ setting: 'x', host: '127.0.0.1', port }, Date.now());
    expect(found).toMatchObject({ verdict: 'fail', mend: expect.stringMatching(/nobody listens/) as string });
  });

  it('is verified over TLS, for its name, by the authority that is named', async () => {
    const { cert, private: key } = await testCertificate(['localhost']);
    const server = createTlsServer({ cert, key }, (socket) => void socket.end());
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const at = { setting: 'x', host: 'localhost', port };
    expect((await examinePeer({ ...at, tls: { ca: cert } }, Date.now()))[0]).toMatchObject({
      verdict: 'ok',
      message: expect.stringMatching(/verified$/) as string,
    });
    expect(await examinePeer({ ...at, tls: { ca: null } }, Date.now())).toMatchObject([
      { verdict: 'fail', mend: expect.stringMatching(/ca_file/) as string },
    ]);
    expect((await examinePeer({ ...at, tls: { ca: null, insecure: true } }, Date.now()))[0]?.verdict).toBe('ok');
    await new Promise((resolve) => server.close(resolve));
  });
});

describe('Redis', () => {
  async function asked(url: (port: number) => string, answer: string) {
    let heard = '';
    const server = createServer((socket) =>
      socket
        .on('error', () => undefined)
        .on('data', (bytes) => {
          heard += bytes.toString();
          socket.write(answer);
        }),
    );
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const found = await examineRedis(url((server.address() as AddressInfo).port));
    await new Promise((resolve) => server.close(resolve));
    return { found, heard };
  }

  it('answers, with and without a password', async () => {
    expect((await asked((port) => `redis://127.0.0.1:${port}`, '+PONG\r\n')).found.verdict).toBe('ok');
    const { found, heard } = await asked((port) => `redis://u:p%20w@127.0.0.1:${port}/0`, '+OK\r\n+PONG\r\n');
    expect(found.verdict).toBe('ok');
    expect(heard).toContain('$4\r\nAUTH\r\n$1\r\nu\r\n$3\r\np w\r\n');
  });

  it('is never worse than a doubt', async () => {
    const { found } = await asked((port) => `redis://:secret@127.0.0.1:${port}`, '-WRONGPASS invalid\r\n');
    expect(found).toMatchObject({ verdict: 'warn', message: 'WRONGPASS invalid' });
    expect((await examineRedis('redis://127.0.0.1:1')).verdict).toBe('warn');
    expect((await examineRedis('')).verdict).toBe('ok');
  });
});
