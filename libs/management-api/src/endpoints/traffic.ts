import type { Endpoint } from '../endpoint.ts';
import { trafficAnswer, trafficQuery } from '../traffic.ts';
import { API_READERS } from './who.ts';

export const trafficEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/traffic',
    operationId: 'getTraffic',
    tag: 'Traffic',
    summary: 'What routers answered in the last minutes: requests, errors, latency',
    roles: API_READERS,
    query: trafficQuery,
    answers: { 200: trafficAnswer },
    refusals: [404],
  },
];
