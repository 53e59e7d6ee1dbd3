import { X509Certificate } from 'node:crypto';

export interface PemCertificate {
  readonly subject: string;
  readonly issuer: string;
  readonly serialNumber: string;
  readonly fingerprint256: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

/** A bundle as it is stored and travels: its certificates alone, without what stood between them. */
export interface PemBundle {
  readonly pem: string;
  readonly certificates: readonly [PemCertificate, ...PemCertificate[]];
}

export type ReadPem = { readonly ok: true; readonly bundle: PemBundle } | { readonly ok: false; readonly message: string };

/** As many as the bundles of operating systems have, twice over. */
const CERTIFICATES_MAX = 300;

const BLOCK = /-----BEGIN ([A-Z0-9 ]{1,64})-----[\s\S]*?-----END \1-----/g;

/** What is wrong is said of the certificate it is wrong with; nothing of the text is repeated. */
export function readPem(text: string, now: Date): ReadPem {
  const blocks = [...text.matchAll(BLOCK)];
  if (blocks.some(([, label = '']) => label.includes('PRIVATE KEY')))
    return refused('there is a private key in it; upload certificates alone, and treat the key as known to others');
  const odd = blocks.find(([, label]) => label !== 'CERTIFICATE');
  if (odd !== undefined) return refused(`there is a ${odd[1]} in it; only certificates are trusted`);
  if (blocks.length === 0) return refused('no valid certificates found in PEM data');
  if (blocks.length > CERTIFICATES_MAX) return refused(`a bundle has at most ${CERTIFICATES_MAX} certificates`);
  const certificates: PemCertificate[] = [];
  for (const [at, [block]] of blocks.entries()) {
    const certificate = read(block);
    if (certificate === null) return refused(`number ${at + 1} of ${blocks.length} cannot be read`);
    certificates.push(certificate);
  }
  const [first, ...others] = certificates as [PemCertificate, ...PemCertificate[]];
  if (certificates.every(({ notAfter }) => notAfter <= now)) return refused(`it expired on ${first.notAfter.toISOString()}`);
  return { ok: true, bundle: { pem: `${blocks.map(([block]) => block).join('\n')}\n`, certificates: [first, ...others] } };
}

/** Those of a bundle that `readPem` accepted. */
export function certificatesIn(pem: string): PemCertificate[] {
  return [...pem.matchAll(BLOCK)].flatMap(([block]) => read(block) ?? []);
}

function refused(message: string): ReadPem {
  return { ok: false, message: `Invalid certificate: ${message}` };
}

function read(block: string): PemCertificate | null {
  try {
    const { subject, issuer, serialNumber, fingerprint256, validFromDate, validToDate } = new X509Certificate(block);
    const names = { subject: inOneLine(subject), issuer: inOneLine(issuer) };
    return { ...names, serialNumber, fingerprint256, notBefore: validFromDate, notAfter: validToDate };
  } catch {
    return null;
  }
}

/** "C=LK\nO=WSO2\nCN=ca" → "CN=ca,O=WSO2,C=LK" (RFC 4514 §2.1). A certificate need not have a subject. */
function inOneLine(name: string | undefined): string {
  return (name ?? '').split('\n').toReversed().join(',');
}
