import { z } from 'zod';

import { listOf, paging } from './lists.ts';
import { propagation } from './propagation.ts';

export type Certificate = z.infer<typeof certificate>;
export type CertificateDetails = z.infer<typeof certificateDetails>;
export type CertificateList = z.infer<typeof certificateList>;
export type CertificateListQuery = z.output<typeof certificateListQuery>;
export type CertificateRequest = z.output<typeof certificateRequest>;
export type CertificateUploaded = z.infer<typeof certificateUploaded>;
export type CertificateDeleted = z.infer<typeof certificateDeleted>;
export type CertificatesReloaded = z.infer<typeof certificatesReloaded>;

const REQUIRED = 'name and certificate are required fields';

/** POST /certificates */
export const certificateRequest = z.strictObject({
  name: z
    .string(REQUIRED)
    .min(1, REQUIRED)
    .max(100, 'name must be at most 100 characters')
    .regex(/^[a-zA-Z0-9._-]*$/, 'name must be letters, digits, dots, hyphens and underscores'),
  certificate: z.string(REQUIRED).min(1, REQUIRED).describe('PEM; a bundle of several is allowed'),
});

const time = z.iso.datetime();

const fields = {
  id: z.uuid(),
  name: z.string(),
  subject: z.string().describe('Of the first of the bundle: "CN=…,O=…"'),
  issuer: z.string(),
  notBefore: time.describe('From when all of the bundle are valid'),
  notAfter: time.describe('When the first of the bundle ends'),
  count: z.int().min(1).describe('Certificates in the bundle'),
  validity: z.enum(['valid', 'expiring', 'expired', 'not_yet_valid']).describe('expiring: within 30 days'),
  createdBy: z.string(),
  createdAt: time,
  status: z.literal('success'),
};

/** As WSO2 lists them; times as RFC 3339. */
export const certificate = z.object(fields);

export const certificateDetails = certificate.extend({
  certificate: z.string().describe('PEM'),
  certificates: z.array(
    z.object({
      subject: z.string(),
      issuer: z.string(),
      serialNumber: z.string(),
      fingerprint256: z.string(),
      notBefore: time,
      notAfter: time,
    }),
  ),
});

export const certificateUploaded = certificate.extend({
  message: z.literal('Certificate uploaded and SDS updated successfully'),
  propagation: propagation.optional(),
});

export const certificateListQuery = z.object({
  ...paging,
  search: z.string().max(200).optional().describe('In name and subject, in any case'),
});

/** Our envelope, with WSO2's `totalCount` and `totalBytes` beside it. */
export const certificateList = listOf('certificates', certificate).extend({
  totalCount: z.int().min(0),
  totalBytes: z.int().min(0).describe('Of all PEM there is'),
});

export const certificateDeleted = z.object({
  status: z.literal('success'),
  message: z.literal('Certificate deleted and SDS updated successfully'),
  id: z.uuid(),
  propagation: propagation.optional(),
});

export const certificatesReloaded = z.object({
  status: z.literal('success'),
  message: z.literal('Certificates reloaded and SDS updated successfully'),
  totalBytes: z.int().min(0),
  propagation: propagation.optional(),
});
