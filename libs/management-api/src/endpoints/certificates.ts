import {
  certificateDeleted,
  certificateDetails,
  certificateList,
  certificateListQuery,
  certificateRequest,
  certificatesReloaded,
  certificateUploaded,
} from '../certificates.ts';
import type { Endpoint } from '../endpoint.ts';
import { ADMINS, API_READERS } from './who.ts';

const tag = 'Certificates';

export const certificateEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/certificates',
    operationId: 'listCertificates',
    tag,
    summary: 'List the authorities that upstreams may be signed by, beside those that routers trust anyway',
    roles: API_READERS,
    query: certificateListQuery,
    answers: { 200: certificateList },
  },
  {
    method: 'POST',
    path: '/certificates',
    operationId: 'uploadCertificate',
    tag,
    summary: 'Trust an authority, or a bundle of them, on every router',
    roles: ADMINS,
    body: certificateRequest,
    takes: ['wait', 'idempotency-key'],
    answers: { 201: certificateUploaded },
    refusals: [409],
  },
  {
    method: 'POST',
    path: '/certificates/reload',
    operationId: 'reloadCertificates',
    tag,
    summary: 'Tell every router again which authorities to trust',
    roles: ADMINS,
    takes: ['wait', 'idempotency-key'],
    answers: { 200: certificatesReloaded },
  },
  {
    method: 'GET',
    path: '/certificates/:id',
    operationId: 'getCertificate',
    tag,
    summary: 'Read a bundle and what is in it',
    roles: API_READERS,
    answers: { 200: certificateDetails },
  },
  {
    method: 'DELETE',
    path: '/certificates/:id',
    operationId: 'deleteCertificate',
    tag,
    summary: 'Trust an authority no longer, on any router',
    roles: ADMINS,
    takes: ['wait'],
    answers: { 200: certificateDeleted },
  },
];
