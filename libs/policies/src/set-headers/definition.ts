import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

import { headerName, headerValue } from '../header-fields.ts';

export type SetHeadersParams = z.infer<typeof params>;

const side = (what: string) =>
  z
    .strictObject({
      headers: z
        .array(
          z.strictObject({
            name: headerName.describe('Header name, any case; sent in lower case'),
            value: headerValue.describe('Header value'),
          }),
        )
        .min(1)
        .max(100)
        .describe(`Headers of the ${what}`),
    })
    .optional();

const params = z
  .strictObject({
    mode: z
      .enum(['set', 'append'])
      .default('set')
      .describe(
        'set: replaces every value of that name, of two with one name the last wins. append: adds values beside those there are',
      ),
    request: side('request that goes upstream').describe('What changes on the way to the upstream'),
    response: side('answer to the client').describe('What changes on the way to the client'),
  })
  .refine(({ request, response }) => request !== undefined || response !== undefined, 'request or response is required');

export const setHeaders = definePolicy<SetHeadersParams>({
  name: 'set-headers',
  version: 'v1',
  fullVersion: '1.1.0',
  displayName: 'Set headers',
  description: 'Sets or appends headers of the request that goes upstream and of the answer.',
  category: 'transformation',
  phases: ['request-headers', 'response-headers'],
  params,
});
