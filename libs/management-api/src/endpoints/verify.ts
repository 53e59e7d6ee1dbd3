import type { Endpoint } from '../endpoint.ts';
import { verification, verifyQuery } from '../verify.ts';
import { API_READERS } from './who.ts';

export const verifyEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/verify',
    operationId: 'verify',
    tag: 'Health',
    summary: 'Recompute the chain of hashes from documents over controller and routers to APIM, and name what differs',
    roles: API_READERS,
    query: verifyQuery,
    answers: { 200: verification },
  },
];
