import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createAuthority } from '../certificates/create-authority.ts';
import type { DataDir } from './data-dir.ts';
import { readOrNull } from './data-dir.ts';

const dayMs = 86_400_000;

/** PEM files of the development CA and of what it signed: the sample backend's certificate, and the one of the routers' TLS port. */
export type DevCertificates = {
  readonly ca: string;
  readonly petstoreCert: string;
  readonly petstoreKey: string;
  readonly routerCert: string;
  readonly routerKey: string;
};

/** Reuses them while all have 30 days left. The CA's own key is thrown away: it signs once. */
export async function loadOrCreateCertificates(dir: DataDir, nowMs: number): Promise<DevCertificates> {
  const files = {
    ca: dir.tls('dev-ca.pem'),
    petstoreCert: dir.tls('petstore.pem'),
    petstoreKey: dir.tls('petstore.key'),
    routerCert: dir.tls('router.pem'),
    routerKey: dir.tls('router.key'),
  };
  const kept = [files.ca, files.petstoreCert, files.routerCert].every((file) => lasts(file, nowMs));
  if (kept && readOrNull(files.petstoreKey) !== null && readOrNull(files.routerKey) !== null) return files;
  const ca = await createAuthority('Tidegate development CA', nowMs);
  const petstore = await ca.sign(['petstore.example.com', 'localhost'], ['127.0.0.1']);
  const router = await ca.sign(['localhost'], ['127.0.0.1', '::1']);
  writeFileSync(files.petstoreKey, petstore.key, { mode: 0o600 });
  writeFileSync(files.petstoreCert, petstore.cert);
  writeFileSync(files.routerKey, router.key, { mode: 0o600 });
  writeFileSync(files.routerCert, router.cert);
  writeFileSync(files.ca, ca.cert);
  return files;
}

function lasts(file: string, nowMs: number): boolean {
  const pem = readOrNull(file);
  return pem !== null && new X509Certificate(pem).validToDate.getTime() > nowMs + 30 * dayMs;
}
