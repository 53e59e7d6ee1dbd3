import type { Certificate, CertificateDetails } from '@tidegate/management-api';

import type { CertificateRow } from './certificates.repository.ts';
import { certificatesIn } from './read-pem.ts';

const EXPIRING_MS = 30 * 86_400_000;

/** A bundle as the contract lists it. */
export function certificateAnswer(row: CertificateRow, now: Date): Certificate {
  return {
    id: row.id,
    name: row.name,
    subject: row.subject,
    issuer: row.issuer,
    notBefore: row.notBefore.toISOString(),
    notAfter: row.notAfter.toISOString(),
    count: row.count,
    validity: validityOf(row, now),
    createdBy: row.createdBy,
    createdAt: row.createdAt.toISOString(),
    status: 'success',
  };
}

export function certificateDetailsAnswer(row: CertificateRow, now: Date): CertificateDetails {
  const certificates = certificatesIn(row.pem).map((one) => ({
    ...one,
    notBefore: one.notBefore.toISOString(),
    notAfter: one.notAfter.toISOString(),
  }));
  return { ...certificateAnswer(row, now), certificate: row.pem, certificates };
}

function validityOf({ notBefore, notAfter }: CertificateRow, now: Date): Certificate['validity'] {
  if (notAfter <= now) return 'expired';
  if (notBefore > now) return 'not_yet_valid';
  return notAfter.getTime() - now.getTime() < EXPIRING_MS ? 'expiring' : 'valid';
}
