import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { testCertificate, waitFor } from '@tidegate/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { watchCertificates } from './watch-certificates.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-watched-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('tells of a new pair once it is whole, and of what is wrong once', async () => {
  const files = { certFile: join(folder, 'c.pem'), keyFile: join(folder, 'k.pem') };
  const problems: string[] = [];
  const start = () => watchCertificates(files, { everyMs: 5, onProblem: (message) => void problems.push(message) });
  expect(start).toThrow(/c\.pem: .*ENOENT/);
  const [one, two] = [await testCertificate([]), await testCertificate([])];
  writeFileSync(files.certFile, one.cert);
  writeFileSync(files.keyFile, two.private);
  expect(start).toThrow(/not a pair/);
  writeFileSync(files.keyFile, one.private);

  const told: string[] = [];
  start().addIdentityCertificateListener((update) => void told.push(update?.certificate.toString() ?? ''));
  await waitFor(() => told.length === 1, { what: 'the first pair' });
  writeFileSync(files.certFile, two.cert);
  await waitFor(() => problems.length === 1, { what: 'the half of a pair to be noticed' });
  writeFileSync(files.keyFile, two.private);
  await waitFor(() => told.length === 2, { what: 'the new pair' });
  expect(told).toEqual([one.cert, two.cert]);
  expect(problems).toHaveLength(1);
});
