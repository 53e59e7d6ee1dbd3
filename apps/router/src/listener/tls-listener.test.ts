import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TLSSocket } from 'node:tls';

import { testCertificate, waitFor } from '@tidegate/testkit';
import { afterEach, expect, test } from 'vitest';

import { sampleApi, trafficKit } from '../testing/traffic-kit.ts';

const kit = trafficKit();
afterEach(kit.close);

/** A router with a TLS port, and where its certificate lies. */
async function setup() {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-listener-'));
  kit.later(() => Promise.resolve(rmSync(folder, { recursive: true })));
  const paths = { cert_path: join(folder, 'cert.pem'), key_path: join(folder, 'key.pem') };
  const install = async (): Promise<string> => {
    const { cert, private: key } = await testCertificate([]);
    writeFileSync(paths.cert_path, cert);
    writeFileSync(paths.key_path, key);
    return cert;
  };
  const cert = await install();
  const backend = await kit.upstream();
  const router = await kit.traffic({
    entries: [sampleApi(backend.port)],
    router: { https_enabled: true, https_port: 0, downstream_tls: { ...paths, reload_interval: 10 } },
  });
  return { backend, router, cert, install, paths };
}

/** Sends bytes over TLS that trusts this certificate; what came back until the router closed, and the protocol agreed on. */
function ask(port: number, bytes: string, ca: string): Promise<{ answer: string; alpn: TLSSocket['alpnProtocol'] }> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const options = { port, host: '127.0.0.1', servername: 'localhost', ca, ALPNProtocols: ['http/1.1'] };
    const socket = connect(options, () => socket.write(bytes));
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
    socket.on('close', () => resolve({ answer, alpn: socket.alpnProtocol })).on('error', reject);
  });
}

const GET = 'GET /w/v1.0/items HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
const OLD = 'GET /w/v1.0/items HTTP/1.0\r\nHost: a\r\n\r\n';

test('the TLS port serves the same routes, and upstreams hear of https', async () => {
  const { backend, router, cert } = await setup();
  for (const bytes of [GET, OLD]) {
    const { answer, alpn } = await ask(router.tlsPort ?? 0, bytes, cert);
    expect(answer).toMatch(/^HTTP\/1\.1 200/);
    expect(alpn).toBe('http/1.1');
  }
  expect(backend.requests.map(({ headers }) => headers['x-forwarded-proto'])).toEqual(['https', 'https']);
  expect(await router.traffic.drain(60_000)).toBe(0);
});

test('a new certificate serves the next connection; files that do not fit leave the old one', async () => {
  const { router, cert, install, paths } = await setup();
  const port = router.tlsPort ?? 0;
  writeFileSync(paths.cert_path, 'no certificate');
  expect((await ask(port, GET, cert)).answer).toMatch(/^HTTP\/1\.1 200/);
  const next = await install();
  const served = () =>
    ask(port, GET, next)
      .then(({ answer }) => answer)
      .catch(() => '');
  expect(await waitFor(served, { what: 'the new certificate' })).toMatch(/^HTTP\/1\.1 200/);
  await expect(ask(port, GET, cert)).rejects.toThrow();
});

test('what does not speak TLS there is let go, and nobody else notices', async () => {
  const { router, cert } = await setup();
  const plain = await fetch(`http://127.0.0.1:${router.tlsPort}/`).catch(() => null);
  expect(plain).toBeNull();
  expect((await ask(router.tlsPort ?? 0, GET, cert)).answer).toMatch(/^HTTP\/1\.1 200/);
  expect((await fetch(`${router.url}/w/v1.0/items`)).status).toBe(200);
});

test('a certificate that cannot be read keeps the router from starting', async () => {
  const { paths } = await setup();
  writeFileSync(paths.key_path, 'no key');
  const downstream_tls = { ...paths, reload_interval: 1000 };
  await expect(kit.traffic({ entries: [], router: { https_enabled: true, https_port: 0, downstream_tls } })).rejects.toThrow();
});
