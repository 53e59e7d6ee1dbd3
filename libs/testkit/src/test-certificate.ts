import { generate } from 'selfsigned';

/** A certificate of its own, with its key, for localhost, 127.0.0.1 and these names. */
export function testCertificate(names: readonly string[]): Promise<{ private: string; cert: string }> {
  const dnsNames = ['localhost', ...names].map((value) => ({ type: 2 as const, value }));
  return generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [...dnsNames, { type: 7, ip: '127.0.0.1' }] },
    ],
  });
}
