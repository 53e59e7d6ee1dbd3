import { describe, expect, it } from 'vitest';
import { z } from 'zod';

import { policyDefinitions } from './definitions.ts';

/** Invariant 9, read off the schemas: a parameter without a bound is a mistake of its definition, whichever policy it is of. */

interface Schema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean | Schema;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

interface Leaf {
  readonly at: string;
  readonly schema: Schema;
}

function leaves(schema: Schema, at: string): Leaf[] {
  const among = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((option) => leaves(option, at));
  const members = Object.entries(schema.properties ?? {}).flatMap(([name, member]) => leaves(member, `${at}.${name}`));
  const values = typeof schema.additionalProperties === 'object' ? leaves(schema.additionalProperties, `${at}.*`) : [];
  const items = schema.items === undefined ? [] : leaves(schema.items, `${at}[]`);
  return [{ at, schema }, ...among, ...members, ...values, ...items];
}

/** Those that only say what is in them, and records of texts, whose size is that of the document (1 MiB). */
function unbounded({ schema }: Leaf): boolean {
  const { type, enum: choices, const: only } = schema;
  if (choices !== undefined || only !== undefined) return false;
  // A schema of several parts has its bounds among them.
  const { maxLength, maximum } = { ...schema, ...(schema.allOf ?? []).reduce((all, part) => ({ ...all, ...part }), {}) };
  if (type === 'string') return maxLength === undefined;
  if (type === 'array') return schema.maxItems === undefined;
  if (type === 'integer' || type === 'number') return maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER;
  return type === 'object' && schema.additionalProperties === undefined;
}

describe.each(policyDefinitions.map((definition) => [definition.name, definition] as const))('%s', (_name, { params }) => {
  const schema = z.toJSONSchema(params, { io: 'input', unrepresentable: 'any' }) as Schema;

  it('bounds every parameter', () => {
    expect(
      leaves(schema, '')
        .filter(unbounded)
        .map(({ at }) => at),
    ).toEqual([]);
  });

  it('knows no other fields, at any depth', () => {
    const open = leaves(schema, '').filter(({ schema: { type, additionalProperties, properties } }) => {
      return type === 'object' && properties !== undefined && additionalProperties !== false;
    });
    expect(open.map(({ at }) => at)).toEqual([]);
    const refused = params.safeParse({ aFieldOfNobodys: 1 });
    expect(refused.success).toBe(false);
  });

  it.each([null, 'text', 1, [], [{}]])('is no parameters: %j', (value) => {
    expect(params.safeParse(value).success).toBe(false);
  });
});
