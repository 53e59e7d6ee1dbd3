import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

import { headerName } from '../header-fields.ts';

export type RemoveHeadersParams = z.infer<typeof params>;

const side = z
  .strictObject({
    headers: z
      .array(z.strictObject({ name: headerName.describe('Header name, any case') }))
      .min(1)
      .max(100)
      .describe('Headers to remove'),
  })
  .optional();

const params = z
  .strictObject({
    request: side.describe('What is removed on the way to the upstream'),
    response: side.describe('What is removed on the way to the client'),
  })
  .refine(({ request, response }) => request !== undefined || response !== undefined, 'request or response is required');

export const removeHeaders = definePolicy<RemoveHeadersParams>({
  name: 'remove-headers',
  version: 'v1',
  fullVersion: '1.0.1',
  displayName: 'Remove headers',
  description: 'Removes headers from the request that goes upstream and from the answer.',
  category: 'transformation',
  phases: ['request-headers', 'response-headers'],
  params,
});
