import { X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { generate } from 'selfsigned';

/** PEM texts. The certificate is self-signed, so it is also the CA that clients are given. */
export type Certificate = { readonly cert: string; readonly key: string };

const dayMs = 86_400_000;

/** The certificate of these files, made anew when there is none or it has less than 30 days left. '' = not kept. */
export async function loadOrCreateCertificate(certFile: string, keyFile: string, nowMs: number): Promise<Certificate> {
  if (certFile === '' || keyFile === '') return create(nowMs);
  const kept = load(certFile, keyFile, nowMs);
  if (kept !== null) return kept;
  const made = await create(nowMs);
  mkdirSync(dirname(certFile), { recursive: true });
  mkdirSync(dirname(keyFile), { recursive: true });
  writeFileSync(keyFile, made.key, { mode: 0o600 });
  writeFileSync(certFile, made.cert);
  return made;
}

function load(certFile: string, keyFile: string, nowMs: number): Certificate | null {
  try {
    const cert = readFileSync(certFile, 'utf8');
    const enoughLeft = new X509Certificate(cert).validToDate.getTime() > nowMs + 30 * dayMs;
    return enoughLeft ? { cert, key: readFileSync(keyFile, 'utf8') } : null;
  } catch {
    return null; // absent or unreadable as a certificate: replaced
  }
}

async function create(nowMs: number): Promise<Certificate> {
  const made = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(nowMs - dayMs),
    notAfterDate: new Date(nowMs + 365 * dayMs),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 2, value: 'apim' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  return { cert: made.cert, key: made.private };
}
