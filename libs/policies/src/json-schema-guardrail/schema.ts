import { linearRegex } from '@tidegate/policy-sdk';

import { Ajv, type Options } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';

import { parseJson } from '../json-path.ts';

/** What is wrong with a text; `null` = it is JSON that fits. */
export type SchemaCheck = (text: string) => string | null;

/** Of the schema's text, UTF-16 units */
export const SCHEMA_MAX = 65_536;
/** Sub-schemas, those behind a `$ref` counted at every use: what one value can cost, so that `anyOf` over `$ref` cannot explode. */
const WEIGHT_MAX = 2000;
/** `uniqueItems` compares every item with every other. */
const UNIQUE_ITEMS_MAX = 1000;

/** Throws, with a reason for the user, on what is no schema or could cost too much. Draft 7 unless `$schema` says 2020-12. */
export function compileSchema(text: string): SchemaCheck {
  const schema = parseJson(text);
  if (typeof schema !== 'boolean' && !isRecord(schema)) throw new Error('is not a JSON Schema');
  weigh(schema, { root: schema, above: new Set(), known: new Map() });
  const modern = isRecord(schema) && typeof schema['$schema'] === 'string' && schema['$schema'].includes('2020-12');
  const validate = (modern ? new Ajv2020(OPTIONS) : new Ajv(OPTIONS)).compile(schema);
  return (value) => {
    const document = parseJson(value);
    if (document === undefined) return 'The value is not JSON.';
    if (validate(document)) return null;
    const [error] = validate.errors ?? [];
    return `${error?.instancePath === '' ? 'The value' : (error?.instancePath ?? '')} ${error?.message ?? 'does not fit'}.`;
  };
}

/** Patterns of users run in linear time. Formats are annotations. The first error ends a check. */
const OPTIONS: Options = {
  strict: false,
  validateFormats: false,
  allErrors: false,
  logger: false,
  code: {
    regExp: Object.assign((pattern: string) => linearRegex(pattern), { code: 'linearRegex' }),
  },
};

interface Weighing {
  readonly root: unknown;
  /** `$ref`s being followed */
  readonly above: Set<string>;
  readonly known: Map<string, number>;
}

function weigh(schema: unknown, weighing: Weighing): number {
  if (Array.isArray(schema)) return bounded(schema.reduce<number>((sum, member) => sum + weigh(member, weighing), 0));
  if (!isRecord(schema)) return 1;
  if (schema['uniqueItems'] === true && !(typeof schema['maxItems'] === 'number' && schema['maxItems'] <= UNIQUE_ITEMS_MAX))
    throw new Error(`uniqueItems needs maxItems of at most ${UNIQUE_ITEMS_MAX}`);
  let weight = 1;
  for (const [name, member] of Object.entries(schema)) {
    if (name === '$ref' && typeof member === 'string') weight += weighReference(member, weighing);
    else if (REFUSED.has(name)) throw new Error(`${name} is not supported`);
    else if (typeof member === 'object' && !DATA.has(name)) weight += weigh(member, weighing);
  }
  return bounded(weight);
}

const REFUSED = new Set(['$dynamicRef', '$recursiveRef', '$id', 'id']);
const DATA = new Set(['const', 'enum', 'default', 'examples']);

function weighReference(ref: string, weighing: Weighing): number {
  const known = weighing.known.get(ref);
  if (known !== undefined) return known;
  if (!ref.startsWith('#/')) throw new Error(`$ref ${ref} must point to a part of this schema`);
  if (weighing.above.has(ref)) throw new Error(`$ref ${ref} leads back to itself`);
  weighing.above.add(ref);
  const target = ref
    .slice(2)
    .split('/')
    .map((token) => decodeURIComponent(token).replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>(
      (value, token) => (isRecord(value) && Object.hasOwn(value, token) ? value[token] : undefined),
      weighing.root,
    );
  const weight = weigh(target, weighing);
  weighing.above.delete(ref);
  weighing.known.set(ref, weight);
  return weight;
}

function bounded(weight: number): number {
  if (weight > WEIGHT_MAX)
    throw new Error(`the schema is too big: at most ${WEIGHT_MAX} sub-schemas, each $ref counted at every use`);
  return weight;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
