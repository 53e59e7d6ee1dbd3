import { describe, expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { jsonSchemaGuardrail } from './definition.ts';
import { jsonSchemaGuardrailRuntime } from './runtime.ts';

async function request(schema: object, body: string, more: object = {}) {
  const side = { enabled: true, jsonPath: '', schema: JSON.stringify(schema), ...more };
  const policy = jsonSchemaGuardrailRuntime.build(jsonSchemaGuardrail.params.parse({ request: side }), sampleContext());
  return (await policy.requestBody?.(sampleExchange(), Buffer.from(body)))?.body ?? 'passes';
}

const PET = {
  type: 'object',
  required: ['name'],
  properties: { name: { type: 'string', pattern: '^[a-z]+$' }, age: { $ref: '#/definitions/age' } },
  definitions: { age: { type: 'integer' } },
};

describe('json-schema-guardrail', () => {
  it('lets pass what fits', async () => {
    expect(await request(PET, '{"name":"rex","age":3}')).toBe('passes');
    expect(await request(PET, '{"messages":[{"content":{"name":"rex"}}]}', { jsonPath: '$.messages[-1].content' })).toBe(
      'passes',
    );
    const modern = { $schema: 'https://json-schema.org/draft/2020-12/schema', prefixItems: [{ type: 'integer' }], items: false };
    expect([await request(modern, '[1]'), await request(modern, '[1,2]')]).toEqual([
      'passes',
      expect.stringContaining('JSON_SCHEMA'),
    ]);
  });

  it.each(['{}', '{"name":"REX"}', '{"name":"rex","age":1.5}', '[]', 'no json', '', `${'['.repeat(3000)}${']'.repeat(3000)}`])(
    'refuses a wrong body (%#)',
    async (body) => {
      expect(await request(PET, body)).toBe(
        '{"type":"JSON_SCHEMA_GUARDRAIL","message":{"action":"GUARDRAIL_INTERVENED","actionReason":"Violation of JSON schema detected.","direction":"REQUEST","interveningGuardrail":"json-schema-guardrail"}}',
      );
    },
  );

  it('says where, when asked', async () => {
    expect(await request(PET, '{"name":7}', { showAssessment: true })).toContain('"assessments":"/name must be string."');
  });

  it('checks answers unless told not to, and requests only when told to', () => {
    const schema = '{}';
    const build = (params: object) =>
      Object.keys(jsonSchemaGuardrailRuntime.build(jsonSchemaGuardrail.params.parse(params), sampleContext()));
    expect(build({ request: { schema }, response: { schema } })).toEqual(['responseBody']);
  });

  it('patterns cannot stall it', async () => {
    const schema = { type: 'string', pattern: '^(a+)+$' };
    expect(await request(schema, JSON.stringify(`${'a'.repeat(50_000)}!`))).toContain('JSON_SCHEMA');
  });

  const doubled = Object.fromEntries(
    Array.from({ length: 40 }, (_, at) => [
      `d${at}`,
      { anyOf: [{ $ref: `#/$defs/d${at + 1}` }, { $ref: `#/$defs/d${at + 1}` }] },
    ]),
  );
  it.each([
    ['no JSON', '{'],
    ['no schema', '5'],
    ['an unknown type', '{"type":"thing"}'],
    ['a pattern with look-ahead', '{"pattern":"(?=a)"}'],
    ['a recursive reference', '{"anyOf":[{"$ref":"#/definitions/a"}],"definitions":{"a":{"items":{"$ref":"#/definitions/a"}}}}'],
    ['a reference to the root', '{"items":{"$ref":"#"}}'],
    ['a foreign reference', '{"$ref":"https://example.com/schema.json"}'],
    ['references that double', JSON.stringify({ $ref: '#/$defs/d0', $defs: { ...doubled, d40: {} } })],
    ['unbounded uniqueItems', '{"uniqueItems":true}'],
    ['too much text', `{"description":"${'x'.repeat(65_536)}"}`],
    ['too deep nesting', `${'{"not":'.repeat(300)}{}${'}'.repeat(300)}`],
  ])('refuses a schema with %s', (_what, schema) => {
    expect(jsonSchemaGuardrail.params.safeParse({ response: { schema } }).success).toBe(false);
  });
});
