import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

export type InterceptorServiceParams = z.infer<typeof params>;

const flag = (preset: boolean, meaning: string) => z.boolean().default(preset).describe(meaning);

const params = z
  .strictObject({
    endpoint: z
      .url({ protocol: /^https?$/ })
      .max(2048)
      .refine((url) => !/[?#]/.test(url), 'must have no query')
      .describe('Base URL of the service; "/handle-request" and "/handle-response" are put behind it'),
    request: z
      .strictObject({
        includeRequestHeaders: flag(true, 'Send it the request headers'),
        includeRequestBody: flag(true, 'Send it the request body'),
        passthroughOnError: flag(false, 'Go on with the request as it is when the service fails'),
      })
      .optional()
      .describe('Ask before the request goes up; absent = do not'),
    response: z
      .strictObject({
        includeRequestHeaders: flag(false, 'Send it the request headers'),
        includeRequestBody: flag(false, 'Send it the request body'),
        includeResponseHeaders: flag(true, 'Send it the answer’s headers'),
        includeResponseBody: flag(true, 'Send it the answer’s body'),
        passthroughOnError: flag(false, 'Pass the answer on as it is when the service fails'),
      })
      .optional()
      .describe('Ask before the answer goes out; absent = do not'),
    timeoutMillis: z.int().min(100).max(60_000).default(5000).describe('How long the service may take'),
    tlsSkipVerify: z.boolean().default(false).describe('Do not verify its certificate'),
  })
  .refine(({ request, response }) => request !== undefined || response !== undefined, 'request or response is required');

export const interceptorService = definePolicy<InterceptorServiceParams>({
  name: 'interceptor-service',
  version: 'v1',
  fullVersion: '1.0.1',
  displayName: 'Interceptor service',
  description: 'Asks a service of yours what is to be done with requests and answers.',
  category: 'mediation',
  phases: ['request-body', 'response-body'],
  params,
});
