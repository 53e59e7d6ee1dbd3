import { testCertificate } from '@tidegate/testkit';
import { expect, it } from 'vitest';

import { certificateIssues, readCertificates } from './certificate-issues.ts';

const DAY_MS = 86_400_000;
const used = (notAfterMs: number) => [{ what: 'the listener', notAfterMs, names: '' }];

it('says when a certificate runs out within thirty days, and when it has', () => {
  expect(certificateIssues(used(31 * DAY_MS), 0)).toEqual([]);
  expect(certificateIssues(used(30 * DAY_MS), 0)).toEqual([]);
  expect(certificateIssues(used(30 * DAY_MS - 1), 0)).toMatchObject([{ code: 'CERT_EXPIRING', isError: false }]);
  expect(certificateIssues(used(1), 0)).toMatchObject([{ code: 'CERT_EXPIRING' }]);
  expect(certificateIssues(used(0), 0)).toMatchObject([{ code: 'CERT_EXPIRED', isError: true }]);
});

it('reads the names and the end of every certificate of a bundle, and leaves out what is none', async () => {
  const { cert } = await testCertificate(['a.example']);
  const read = readCertificates(`${cert}\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n${cert}`, 'the listener');
  expect(read).toHaveLength(2);
  expect(read[0]?.names).toContain('a.example');
  expect(read[0]?.notAfterMs).toBeGreaterThan(Date.now());
});
