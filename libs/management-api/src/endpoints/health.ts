import { z } from 'zod';

import type { Endpoint } from '../endpoint.ts';

export const healthEndpoints: readonly Endpoint[] = [
  {
    method: 'GET',
    path: '/health',
    operationId: 'getHealth',
    tag: 'Health',
    summary: 'Whether the controller runs',
    roles: 'anyone',
    answers: { 200: z.object({ status: z.literal('healthy'), timestamp: z.iso.datetime() }) },
  },
];
