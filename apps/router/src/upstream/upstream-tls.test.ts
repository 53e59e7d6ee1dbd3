import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';

import { EntryKind, TrustedCertificate } from '@tidegate/gateway-ir';
import { testCertificate, waitFor } from '@tidegate/testkit';
import { afterEach, expect, test } from 'vitest';

import { readConfig } from '../config.ts';
import { sampleEntry } from '../testing/sample-held.ts';
import { sampleApi, target, trafficKit } from '../testing/traffic-kit.ts';

const kit = trafficKit();
afterEach(kit.close);

const { upstream: defaults } = readConfig([], {}).router;
const https = (port: number) => sampleApi(0, { upstream: { targets: [target(port, { scheme: 'https', host: 'localhost' })] } });

function uploaded(pem: string) {
  return sampleEntry(
    EntryKind.CERTIFICATE,
    'ca-1',
    Buffer.from(TrustedCertificate.encode(TrustedCertificate.fromPartial({ pem })).finish()),
  );
}

test('an authority that was uploaded is trusted at once, and no more when it is removed', async () => {
  const backend = await kit.upstream({ tls: true });
  const api = https(backend.port);
  const router = await kit.traffic({ entries: [api] });
  const ask = async () => (await fetch(`${router.url}/w/v1.0/items`)).status;
  expect(await ask()).toBe(503);
  router.serve([api, uploaded(backend.ca)]);
  expect([await ask(), await ask()]).toEqual([200, 200]);
  router.serve([api]);
  expect(await ask()).toBe(503);
  router.serve([api, uploaded('nonsense')]);
  expect(await ask()).toBe(503);
});

test('a client certificate is shown to the host it is for, and read again when it changes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-client-'));
  kit.later(() => Promise.resolve(rmSync(folder, { recursive: true })));
  const paths = { cert_path: join(folder, 'client.pem'), key_path: join(folder, 'client.key') };
  const [server, first, second] = [await testCertificate([]), await testCertificate([]), await testCertificate([])];
  const install = ({ cert, private: key }: typeof first): void => {
    writeFileSync(paths.cert_path, cert);
    writeFileSync(paths.key_path, key);
  };
  install(first);
  const shown: string[] = [];
  const upstream = createServer(
    { cert: server.cert, key: server.private, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const { serialNumber } = (request.socket as TLSSocket).getPeerCertificate();
      if (serialNumber !== undefined) shown.push(serialNumber);
      response.writeHead(serialNumber === undefined ? 403 : 200).end();
    },
  );
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  kit.later(() => new Promise((resolve) => upstream.close(resolve).closeAllConnections()));
  const { port } = upstream.address() as AddressInfo;
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, server.cert);
  const withCertificates = (client_certificates: (typeof defaults)['tls']['client_certificates']) =>
    kit.traffic({
      entries: [https(port)],
      router: {
        upstream: { ...defaults, tls: { ca_file: caFile, client_certificates } },
        downstream_tls: { cert_path: '', key_path: '', reload_interval: 10 },
      },
    });
  for (const certificates of [{}, { 'other.example.com': paths }, { 'localhost:1': paths }]) {
    const router = await withCertificates(certificates);
    expect((await fetch(`${router.url}/w/v1.0/items`)).status).toBe(403);
  }
  expect(shown).toEqual([]);
  const router = await withCertificates({ localhost: paths });
  const ask = async () => (await fetch(`${router.url}/w/v1.0/items`)).status;
  expect(await ask()).toBe(200);
  install(second);
  const changed = async (): Promise<boolean> => (await ask()) === 200 && shown.at(-1) !== shown[0];
  await waitFor(changed, { what: 'the new certificate to be shown' });
  await expect(withCertificates({ '*': { ...paths, key_path: caFile } })).rejects.toThrow();
});
