import { X509Certificate } from 'node:crypto';

import type { NodeIssue } from '@tidegate/gateway-ir';

/** How the certificate of the TLS port is called */
export const LISTENER = "The listener's certificate";
const UPLOADED = 'An uploaded certificate authority';
const SOON_MS = 30 * 86_400_000;

/** A certificate this node uses, read once. */
export interface UsedCertificate {
  /** "the listener's certificate" */
  readonly what: string;
  readonly notAfterMs: number;
  /** Of its subjectAltName; "" = none */
  readonly names: string;
}

/** Every certificate of a PEM bundle; what cannot be read is left out, for whoever uses it says so. */
export function readCertificates(pem: string, what: string): UsedCertificate[] {
  return (pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []).flatMap((block) => {
    try {
      const { validTo, subjectAltName } = new X509Certificate(block);
      return [{ what, notAfterMs: Date.parse(validTo), names: subjectAltName ?? '' }];
    } catch {
      return [];
    }
  });
}

export function uploadedCertificates(pems: readonly string[]): UsedCertificate[] {
  return pems.flatMap((pem) => readCertificates(pem, UPLOADED));
}

/** What has run out, or does within thirty days. */
export function certificateIssues(certificates: readonly UsedCertificate[], nowMs: number): NodeIssue[] {
  return certificates
    .filter(({ notAfterMs }) => notAfterMs - nowMs < SOON_MS)
    .map(({ what, notAfterMs }) => {
      const isError = notAfterMs <= nowMs;
      const detail = `${what} ${isError ? 'ran' : 'runs'} out on ${new Date(notAfterMs).toISOString()}`;
      return { code: isError ? 'CERT_EXPIRED' : 'CERT_EXPIRING', isError, detail };
    });
}
