import { definePolicy } from '@tidegate/policy-sdk';
import { z } from 'zod';

import { guardrailSides, hasSide, ONE_SIDE } from '../guardrail/sides.ts';
import { compileSchema, SCHEMA_MAX } from './schema.ts';

export type JsonSchemaGuardrailParams = z.infer<typeof params>;

const schema = z
  .string()
  .min(1)
  .max(SCHEMA_MAX)
  .superRefine((text, context) => {
    try {
      compileSchema(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) });
    }
  })
  .describe('JSON Schema (draft 7, or 2020-12 if $schema says so) as a JSON text');

const params = z.strictObject(guardrailSides({ schema }, { request: false, response: true })).refine(hasSide, ONE_SIDE);

export const jsonSchemaGuardrail = definePolicy<JsonSchemaGuardrailParams>({
  name: 'json-schema-guardrail',
  version: 'v1',
  fullVersion: '1.0.1',
  displayName: 'JSON Schema guardrail',
  description: 'Refuses bodies, or a member of them, that a JSON Schema does not allow.',
  category: 'security',
  phases: ['request-body', 'response-body'],
  params,
});
