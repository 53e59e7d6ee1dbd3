import { policyDefinitions } from '@tidegate/policies/definitions';
import { expect, test } from 'vitest';
import { z } from 'zod';

import { emptyValue, type JsonSchema, shapeOf, variantLabel, variantOf } from './json-schema.ts';

const schemaOf = (params: z.ZodType) => z.toJSONSchema(params, { io: 'input', unrepresentable: 'any' }) as JsonSchema;

/** Every place of a schema for which there is no form. */
function withoutForm(schema: JsonSchema, path: string): string[] {
  const shape = shapeOf(schema);
  if (shape.is === 'other') return [path];
  if (shape.is === 'list') return withoutForm(shape.items, `${path}[]`);
  if (shape.is === 'variants') return shape.variants.flatMap((variant, at) => withoutForm(variant, `${path}|${at}`));
  if (shape.is === 'fields')
    return Object.entries(shape.properties).flatMap(([name, property]) => withoutForm(property, `${path}.${name}`));
  return [];
}

test('every parameter of every policy has a form', () => {
  const missing = policyDefinitions.flatMap(({ name, params }) => withoutForm(schemaOf(params), name));
  expect(missing).toEqual([]);
});

test('what a new value begins as has everything that is required, and nothing else', () => {
  const schema = schemaOf(
    z.object({
      limit: z.int().min(1),
      in: z.enum(['header', 'query']),
      note: z.string().optional(),
      list: z.array(z.object({ name: z.string() })).min(1),
    }),
  );
  expect(emptyValue(schema)).toEqual({ limit: 1, in: 'header', list: [{ name: '' }] });
});

test('a value says by its constants which variant it is', () => {
  const schema = schemaOf(
    z.union([
      z.object({ type: z.literal('Prefix'), prefix: z.string() }),
      z.object({ type: z.enum(['Full', 'Host']), to: z.string() }),
    ]),
  );
  const shape = shapeOf(schema);
  const variants = shape.is === 'variants' ? shape.variants : [];
  expect([{ type: 'Prefix', prefix: '/' }, { type: 'Host', to: 'x' }, {}, 7].map((value) => variantOf(variants, value))).toEqual([
    0, 1, 0, 0,
  ]);
  expect(variants.map(variantLabel)).toEqual(['Prefix', 'Full, Host']);
});
