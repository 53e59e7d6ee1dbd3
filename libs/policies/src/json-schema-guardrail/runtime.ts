import { definePolicyRuntime } from '@tidegate/policy-sdk';

import { buildGuardrail } from '../guardrail/guardrail.ts';
import { jsonSchemaGuardrail, type JsonSchemaGuardrailParams } from './definition.ts';
import { compileSchema } from './schema.ts';

const GUARDRAIL = { type: 'JSON_SCHEMA_GUARDRAIL', name: 'json-schema-guardrail', reason: 'Violation of JSON schema detected.' };

export const jsonSchemaGuardrailRuntime = definePolicyRuntime<JsonSchemaGuardrailParams>({
  definition: jsonSchemaGuardrail,
  build: (params) => buildGuardrail(GUARDRAIL, params, ({ schema }) => compileSchema(schema)),
});
