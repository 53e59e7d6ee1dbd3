import { generate } from 'selfsigned';
import { expect, test } from 'vitest';

import { certificatesIn, readPem } from './read-pem.ts';

const NOW = new Date('2026-06-01T00:00:00Z');

const made = (cn: string, notAfterDate = new Date('2027-01-01T00:00:00Z')) =>
  generate(
    [
      { name: 'countryName', value: 'LK' },
      { name: 'commonName', value: cn },
    ],
    {
      keyType: 'ec',
      algorithm: 'sha256',
      notBeforeDate: new Date('2026-01-01T00:00:00Z'),
      notAfterDate,
    },
  );
const [one, two, old] = await Promise.all([made('one'), made('two'), made('old', new Date('2026-03-01T00:00:00Z'))]);

test('a bundle is its certificates, without what stands between them', () => {
  const read = readPem(`# ours\n${one.cert}\r\nnotes\n${old.cert}`, NOW);
  expect(read).toMatchObject({
    ok: true,
    bundle: {
      certificates: [
        { subject: 'CN=one,C=LK', issuer: 'CN=one,C=LK', notAfter: new Date('2027-01-01T00:00:00Z') },
        { subject: 'CN=old,C=LK', notAfter: new Date('2026-03-01T00:00:00Z') },
      ],
    },
  });
  const pem = read.ok ? read.bundle.pem : '';
  expect(pem).not.toContain('notes');
  expect(certificatesIn(pem)).toHaveLength(2);
});

test.each([
  ['nothing', '', 'no valid certificates found in PEM data'],
  ['no PEM', 'hello', 'no valid certificates found in PEM data'],
  ['half a certificate', one.cert.slice(0, 200), 'no valid certificates found in PEM data'],
  [
    'a damaged one behind a good one',
    `${one.cert}\n${two.cert.replace(/\n[A-Za-z0-9+/]{20}/, '\nAAAA')}`,
    'number 2 of 2 cannot be read',
  ],
  ['a key beside it', `${one.cert}\n${one.private}`, 'there is a private key in it'],
  ['a public key', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----', 'there is a PUBLIC KEY in it'],
  ['what has expired', old.cert, 'it expired on 2026-03-01T00:00:00.000Z'],
  ['too many', Array.from({ length: 301 }, () => one.cert).join('\n'), 'a bundle has at most 300'],
])('refuses %s', (_what, text, message) => {
  const read = readPem(text, NOW);
  expect(read).toEqual({ ok: false, message: expect.stringContaining(`Invalid certificate: ${message}`) });
  expect(JSON.stringify(read)).not.toContain(one.private.slice(40, 80));
});
