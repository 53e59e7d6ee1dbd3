import fc from 'fast-check';
import { z } from 'zod';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** Deeper than this, optional parts are left out: recursive schemas end. */
const DEPTH_MAX = 5;
const ITEMS_MAX = 3;

/**
 * Values that a schema of the contract describes, as somebody writes them. Refinements that JSON Schema cannot say are not known here,
 * so some values are invalid all the same: that is welcome, the server has to have an answer to both.
 */
export function arbitraryOf(schema: z.ZodType): fc.Arbitrary<unknown> {
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return valueOf(root, { definitions: root.$defs ?? {}, depth: 0 });
}

/** The same with mistakes: somewhere in it anything at all, a part missing, or one too many. */
export function mistakenOf(schema: z.ZodType): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc
      .tuple(arbitraryOf(schema), fc.jsonValue({ maxDepth: 1 }), fc.nat(), fc.string({ maxLength: 8 }))
      .map(([value, other, at, name]) => withMistake(value, { other, at, name })),
  );
}

interface Place {
  readonly definitions: Readonly<Record<string, JsonSchema>>;
  readonly depth: number;
}

function valueOf(schema: JsonSchema | boolean, place: Place): fc.Arbitrary<unknown> {
  if (typeof schema === 'boolean') return fc.jsonValue({ maxDepth: 1 });
  const deeper = { ...place, depth: place.depth + 1 };
  if (schema.$ref !== undefined) return valueOf(place.definitions[schema.$ref.split('/').at(-1) ?? ''] ?? true, deeper);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map((choice) => valueOf(choice, deeper)));
  switch (schema.type) {
    case 'object':
      return objectOf(schema, deeper);
    case 'array': {
      const items = typeof schema.items === 'object' && !Array.isArray(schema.items) ? schema.items : true;
      return fc.array(valueOf(items, deeper), { minLength: schema.minItems ?? 0, maxLength: (schema.minItems ?? 0) + ITEMS_MAX });
    }
    case 'string':
      return textOf(schema);
    case 'integer':
      return fc.integer({ min: Math.max(schema.minimum ?? 0, -1e6), max: Math.min(schema.maximum ?? 1e6, 1e6) });
    case 'number':
      return fc.double({ min: Math.max(schema.minimum ?? 0, -1e6), max: Math.min(schema.maximum ?? 1e6, 1e6), noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 1 });
  }
}

function objectOf(schema: JsonSchema, place: Place): fc.Arbitrary<unknown> {
  const required = schema.required ?? [];
  const named = Object.entries(schema.properties ?? {}).filter(([name]) => place.depth < DEPTH_MAX || required.includes(name));
  const fields = Object.fromEntries(named.map(([name, field]) => [name, valueOf(field, place)]));
  const known = fc.record(fields, { requiredKeys: required.filter((name) => name in fields) });
  if (typeof schema.additionalProperties !== 'object' || place.depth >= DEPTH_MAX) return known;
  const names = fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/);
  const more = fc.dictionary(names, valueOf(schema.additionalProperties, place), { maxKeys: ITEMS_MAX });
  return fc.tuple(more, known).map(([others, own]) => ({ ...others, ...own }));
}

function textOf({ pattern, format, minLength = 0, maxLength = 40 }: JsonSchema): fc.Arbitrary<string> {
  if (format === 'uuid') return fc.uuid();
  if (format === 'date-time')
    return fc.date({ min: new Date(0), max: new Date(4e12), noInvalidDate: true }).map((date) => date.toISOString());
  if (format === 'uri') return fc.webUrl();
  const plain = fc.string({ minLength, maxLength: Math.max(minLength, Math.min(maxLength, 40)) });
  // Look-around is beyond what text can be made from
  return pattern === undefined || pattern.includes('(?') ? plain : fc.oneof(plain, fc.stringMatching(new RegExp(pattern)));
}

/** One place of `value`, found by `at`, replaced, removed, or given a neighbour */
function withMistake(value: unknown, mistake: { other: unknown; at: number; name: string }): unknown {
  const { other, at, name } = mistake;
  if (typeof value !== 'object' || value === null || at % 5 === 0) return other;
  const next = { ...mistake, at: Math.floor(at / 5) };
  if (Array.isArray(value)) {
    const place = at % (value.length + 1);
    return place === value.length ? [...value, other] : value.with(place, withMistake(value[place], next));
  }
  const entries = Object.entries(value);
  const place = at % (entries.length + 2);
  if (place === entries.length) return { ...value, [name]: other };
  if (place > entries.length) return Object.fromEntries(entries.slice(1));
  return Object.fromEntries(entries.map(([key, child], index) => [key, index === place ? withMistake(child, next) : child]));
}
