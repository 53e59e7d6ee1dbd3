import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';

import { testCertificate } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { EXIT } from './exit-codes.ts';
import { run } from './run.ts';

/** What this process trusts; the command changes it, and other test files run in the same process */
const trusted = getCACertificates('default');
let server: Server;
let home: string;
let url: string;
const asked: { authorization: string | undefined; body: string }[] = [];

const EXPLAINED = {
  status: 'success',
  gateway: { id: '7b1c0f0a-3c1e-4b0b-9a54-5b8f6f0a1a11', version: 3 },
  outcome: 'routed',
  why: 'the only candidate',
  host: 'a.example',
  path: '/books/1',
  vhost: '*',
  route: { method: 'GET', context: '/books', operationPath: '/{id}', api: 'Books', apiVersion: 'v1' },
  policies: [{ name: 'rate-limit', version: 'v1.0.0', level: 'api' }],
  upstream: { target: 'https://books.example/1' },
  candidates: [{ route: 'r2', deploymentId: 'd', verdict: 'outranked', why: 'less exact' }],
};

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), 'tidegate-cli-'));
  const { private: key, cert } = await testCertificate([]);
  writeFileSync(join(home, 'ca.pem'), cert);
  server = createServer({ key, cert }, (request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () => {
      asked.push({ authorization: request.headers.authorization, body });
      response.end(JSON.stringify(EXPLAINED));
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  url = `https://localhost:${(server.address() as AddressInfo).port}`;
});

afterAll(() => {
  setDefaultCACertificates(trusted);
  server.close();
  rmSync(home, { recursive: true });
});

async function tidegate(words: readonly string[], env: Readonly<Record<string, string>>) {
  const out: string[] = [];
  const code = await run(words, {
    env: { HOME: home, TIDEGATE_SERVER: url, ...env },
    print: (text) => void out.push(text),
    say: (text) => void out.push(text),
    readInput: () => Promise.resolve(''),
  });
  return { code, text: out.join('') };
}

const EXPLAIN = ['explain', 'GET', '/books/1', '-H', 'Host: a.example'];

it('trusts the authority it is told of, and no other', async () => {
  const token = { TIDEGATE_TOKEN: 'a.b.c' };
  expect(await tidegate(EXPLAIN, token)).toMatchObject({ code: EXIT.unavailable, text: expect.stringMatching(/certificate/i) });
  expect(asked).toEqual([]);
  const missing = await tidegate([...EXPLAIN, '--cacert', join(home, 'none.pem')], token);
  expect(missing).toMatchObject({ code: EXIT.usage, text: expect.stringContaining('none.pem cannot be used') });

  const explained = await tidegate([...EXPLAIN, '--cacert', join(home, 'ca.pem')], token);
  expect(explained.code).toBe(EXIT.done);
  expect(explained.text).toContain('route      GET /books/{id} of Books v1\n');
  expect(explained.text).toContain('not        r2: less exact\n');
  expect(asked).toEqual([
    { authorization: 'Bearer a.b.c', body: '{"method":"GET","url":"/books/1","headers":{"Host":"a.example"}}' },
  ]);
});
