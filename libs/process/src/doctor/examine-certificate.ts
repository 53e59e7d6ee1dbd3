import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';

import { broken, doubtful, type Finding, fine, reasonOf } from './finding.ts';

const DAY_MS = 86_400_000;
/** Long enough to order another one. */
const SOON_DAYS = 21;

export interface CertificateFiles {
  /** The setting that names the file */
  readonly setting: string;
  readonly certFile: string;
  /** Absent = an authority, whose key is elsewhere */
  readonly keyFile?: string;
}

/** Readable, a pair, and valid now and for some time. */
export function examineCertificate({ setting, certFile, keyFile }: CertificateFiles, nowMs: number): Finding {
  const subject = `${setting} (${certFile})`;
  try {
    const certificate = new X509Certificate(readFileSync(certFile));
    if (keyFile !== undefined && !certificate.checkPrivateKey(createPrivateKey(readFileSync(keyFile))))
      return broken(subject, `does not belong to the key in ${keyFile}`, 'put certificate and key of one pair there');
    return validity(subject, certificate, nowMs);
  } catch (error) {
    return broken(subject, reasonOf(error), 'the file must be there, readable by this user, and PEM');
  }
}

/** Whether a certificate is valid now, and for some time. Pure. */
export function validity(
  subject: string,
  { validFrom, validTo }: Pick<X509Certificate, 'validFrom' | 'validTo'>,
  nowMs: number,
): Finding {
  const days = Math.floor((Date.parse(validTo) - nowMs) / DAY_MS);
  if (Date.parse(validFrom) > nowMs)
    return broken(
      subject,
      `is valid from ${validFrom} only`,
      'is the clock of this machine right? Otherwise wait, or use another',
    );
  if (days < 0)
    return broken(
      subject,
      `expired on ${validTo}`,
      'replace it; running processes read the new one by themselves where that is documented',
    );
  if (days < SOON_DAYS) return doubtful(subject, `expires in ${days} days, on ${validTo}`, 'replace it before then');
  return fine(subject, `valid until ${validTo}`);
}
