import { type CelType, compileExpression, definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

import { jsonPath } from '../json-path.ts';
import { durationsText } from '../limiter/duration.ts';

export type AdvancedRatelimitParams = z.infer<typeof params>;
export type KeyPart = z.infer<typeof keyPart>;
export type CostSource = z.infer<typeof costSource>;

const count = z.int().min(1).max(1_000_000_000);
const name = z.string().min(1).max(256);

/** CEL over what conditions see, checked when it is deployed. */
function cel(types: readonly CelType[]) {
  return z
    .string()
    .min(1)
    .max(2048)
    .superRefine((text, context) => {
      const compiled = compileExpression(text, types);
      if (!compiled.ok) context.addIssue({ code: 'custom', message: `is no expression for this: ${compiled.message}` });
    });
}

const keyPart = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal(['header', 'metadata', 'constant']),
    key: name.describe('Name of the header or note; the text itself for constant'),
  }),
  z.strictObject({ type: z.literal(['ip', 'apiname', 'apiversion', 'routename', 'consumer']) }),
  z.strictObject({
    type: z.literal('cel'),
    expression: cel(['string', 'dyn']).describe('CEL that gives a text: "request.Headers[\'x-org\'][0]"'),
  }),
]);

const keyExtraction = z.array(keyPart).max(5).optional();

const multiplier = z.number().min(0).max(1_000_000).default(1).describe('The value is multiplied by this');

const costSource = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal(['request_header', 'request_metadata', 'response_header', 'response_metadata']),
    key: name.describe('Name of the header or note that holds a number'),
    multiplier,
  }),
  z.strictObject({
    type: z.literal(['request_body', 'response_body']),
    jsonPath: jsonPath.min(1).describe('Where in the JSON body the number is: "$.usage.total_tokens"'),
    multiplier,
  }),
  z.strictObject({
    type: z.literal(['request_cel', 'response_cel']),
    expression: cel(['int', 'double', 'dyn']).describe('CEL that gives a number: "size(request.Path)"'),
    multiplier,
  }),
]);

const quota = z.strictObject({
  name: z
    .string()
    .min(1)
    .max(128)
    .regex(/^[\x20\x21\x23-\x5b\x5d-\x7e]+$/, 'printable characters without quote and backslash')
    .optional()
    .describe('Name in the headers; absent = quota-<position>'),
  limits: z
    .array(
      z.strictObject({
        limit: count.describe('Requests (or cost) per duration'),
        duration: durationsText.describe('Length of the window: "1m", "1h30m"'),
        burst: count.optional().describe('With the gcra algorithm: how many at once; absent = limit'),
      }),
    )
    .min(1)
    .max(10)
    .describe('All of them hold'),
  keyExtraction: keyExtraction.describe('What is counted apart; replaces the keyExtraction of the policy'),
  costExtraction: z
    .strictObject({
      enabled: z.boolean().default(false).describe('Take the cost of a request from the sources instead of counting 1'),
      sources: z.array(costSource).max(10).default([]).describe('Added up; those that hold no number do not count'),
      default: z.number().min(0).max(1_000_000_000).default(1).describe('Cost when no source holds a number; 0 = free'),
    })
    .optional()
    .describe('What a request costs; absent = 1'),
});

const params = z.strictObject({
  quotas: z.array(quota).min(1).max(10).describe('A request is counted in all of them or in none'),
  keyExtraction: keyExtraction.describe('What is counted apart: the parts joined; absent = each route for itself'),
  onRateLimitExceeded: z
    .strictObject({
      statusCode: z.int().min(400).max(599).default(429).describe('Status of a refusal'),
      body: z.string().max(8192).optional().describe('Body of a refusal'),
      bodyFormat: z.enum(['json', 'plain']).default('json').describe('Its content type'),
    })
    .optional()
    .describe('How a refusal looks'),
});

export const advancedRatelimit = definePolicy<AdvancedRatelimitParams>({
  name: 'advanced-ratelimit',
  version: 'v1',
  fullVersion: '1.1.2',
  displayName: 'Advanced rate limit',
  description: 'Several quotas with keys and costs of their own.',
  category: 'traffic',
  phases: ['request-headers', 'request-body', 'response-headers', 'response-body'],
  sharedSettings: 'ratelimit',
  params,
});
