import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

import { headerName, headerValue } from '../header-fields.ts';

export type RespondParams = z.infer<typeof params>;

const params = z.strictObject({
  statusCode: z.int().min(200).max(599).default(200).describe('Status of the answer'),
  body: z.string().max(1_048_576).default('').describe('Body of the answer, sent as UTF-8'),
  headers: z
    .array(
      z.strictObject({
        name: headerName.describe('Header name, any case; sent in lower case'),
        value: headerValue.describe('Header value'),
      }),
    )
    .max(100)
    .default([])
    .describe('Headers of the answer; of two with one name the last wins'),
});

export const respond = definePolicy<RespondParams>({
  name: 'respond',
  version: 'v1',
  fullVersion: '1.0.1',
  displayName: 'Respond',
  description: 'Answers at once with a fixed status, headers and body; nothing goes upstream.',
  category: 'mediation',
  phases: ['request-headers'],
  params,
});
