import { z } from 'zod';

import { type Diagnostic, DIAGNOSTICS_MAX } from './diagnostic.ts';
import { cut, jsonPath } from './json-path.ts';
import { nearest } from './nearest.ts';

/**
 * Checks `value` against a schema and says what is wrong in our words: WSO2's JSON-schema texts
 * ("Invalid type. Expected: integer, given: string") wherever the schema has no text of its own.
 *
 * `at` is put in front of every path. One unknown field = one diagnostic, naming the nearest known field.
 */
export function issuesToDiagnostics(schema: z.ZodType, value: unknown, at = ''): Diagnostic[] {
  return issuesOf(schema, value).flatMap((issue) => describeIssue(issue, schema, at));
}

/** Issues with their input; `UNTOLD` stands where the schema has no text of its own. */
export function issuesOf(schema: z.ZodType, value: unknown): z.core.$ZodIssue[] {
  const result = schema.safeParse(value, { reportInput: true, error: () => UNTOLD });
  return result.success ? [] : result.error.issues;
}

export const UNTOLD = '\u0000';

export function describeIssue(issue: z.core.$ZodIssue, schema: z.ZodType, at: string): Diagnostic[] {
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(schemaAt(schema, issue.path)?.properties ?? {});
    return issue.keys.slice(0, DIAGNOSTICS_MAX).map((key) => unknownField(key, known, jsonPath([...issue.path, key], at)));
  }
  const [code, text] = codeAndText(issue, schemaAt(schema, issue.path));
  return [{ path: jsonPath(issue.path, at), code, message: issue.message === UNTOLD ? text : issue.message }];
}

function unknownField(key: string, known: readonly string[], path: string): Diagnostic {
  const meant = nearest(key, known);
  const named = `Unknown field '${cut(key, 64)}'`;
  const message = meant === null ? named : `${named}; did you mean '${meant}'?`;
  return { path, code: 'unknown_field', message };
}

function codeAndText(issue: z.core.$ZodIssue, wanted: JsonSchema | null): [code: string, text: string] {
  const input = issue.input;
  switch (issue.code) {
    case 'invalid_type':
      if (input === undefined) return ['required', `${String(issue.path.at(-1) ?? 'Value')} is required`];
      // A required field that is null has a text of its own, which calls it missing.
      if (input === null && issue.message !== UNTOLD) return ['required', issue.message];
      return ['invalid_type', `Invalid type. Expected: ${wanted?.type ?? issue.expected}, given: ${jsonTypeOf(input)}`];
    case 'invalid_value':
      if (input === undefined) return ['required', `${String(issue.path.at(-1) ?? 'Value')} is required`];
      return ['invalid_value', `Must be one of the following: ${issue.values.map((value) => JSON.stringify(value)).join(', ')}`];
    case 'too_small':
      return [
        'too_small',
        `${limitName(issue.origin)} must be greater than ${issue.inclusive ? 'or equal to ' : ''}${issue.minimum}`,
      ];
    case 'too_big':
      return ['too_big', `${limitName(issue.origin)} must be less than ${issue.inclusive ? 'or equal to ' : ''}${issue.maximum}`];
    case 'invalid_format':
      return ['invalid_format', 'Does not match the expected format'];
    default:
      return ['invalid_value', 'Invalid value'];
  }
}

function limitName(origin: string): string {
  if (origin === 'string') return 'Length';
  return origin === 'array' ? 'Number of items' : 'Value';
}

/** JSON Schema's names of types; a number without fraction is an integer. */
export function jsonTypeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

interface JsonSchema {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
}

/** The part of a schema that a path points to. Only called when something is wrong: it need not be fast. */
function schemaAt(schema: z.ZodType, path: readonly PropertyKey[]): JsonSchema | null {
  let node: JsonSchema | undefined = asJsonSchema(schema);
  for (const step of path) {
    const rest: JsonSchema | boolean | undefined = node?.additionalProperties;
    node =
      typeof step === 'number'
        ? node?.items
        : (node?.properties?.[String(step)] ?? (typeof rest === 'object' ? rest : undefined));
  }
  return node ?? null;
}

/** Kept: a document with a thousand mistakes would have it written a thousand times. zod types it more loosely than what we read of it. */
function asJsonSchema(schema: z.ZodType): JsonSchema {
  const known = JSON_SCHEMAS.get(schema) ?? (z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema);
  JSON_SCHEMAS.set(schema, known);
  return known;
}

const JSON_SCHEMAS = new WeakMap<z.ZodType, JsonSchema>();
