import { generate } from 'selfsigned';

const dayMs = 86_400_000;

/** PEM texts. */
export interface IssuedCertificate {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateAuthority {
  /** PEM of the authority itself: what clients trust */
  readonly cert: string;
  /** For a TLS server of these DNS names, and of these addresses; the first name is the subject's. */
  sign(names: readonly string[], addresses?: readonly string[]): Promise<IssuedCertificate>;
}

/** A small authority for one machine or one cluster of one's own, valid for a year. Its key is kept nowhere: it goes with this value. */
export async function createAuthority(commonName: string, nowMs: number): Promise<CertificateAuthority> {
  const validity = {
    notBeforeDate: new Date(nowMs - dayMs),
    notAfterDate: new Date(nowMs + 365 * dayMs),
    keyType: 'ec',
    algorithm: 'sha256',
  } as const;
  const ca = await generate([{ name: 'commonName', value: commonName }], {
    ...validity,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return {
    cert: ca.cert,
    async sign(names, addresses = []) {
      const dns = names.map((value) => ({ type: 2, value }) as const);
      const ips = addresses.map((ip) => ({ type: 7, ip }) as const);
      const made = await generate([{ name: 'commonName', value: names[0] ?? '' }], {
        ...validity,
        ca: { key: ca.private, cert: ca.cert },
        extensions: [
          { name: 'basicConstraints', cA: false },
          { name: 'keyUsage', digitalSignature: true, critical: true },
          { name: 'extKeyUsage', serverAuth: true },
          { name: 'subjectAltName', altNames: [...dns, ...ips] },
        ],
      });
      return { cert: made.cert, key: made.private };
    },
  };
}
