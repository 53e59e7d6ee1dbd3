import { textOf } from './text-of.ts';

/** The part of JSON Schema that policies' parameters are written in (`GET /policies`), as zod prints it. */
export interface JsonSchema {
  readonly type?: string;
  readonly title?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: boolean | JsonSchema;
  readonly oneOf?: readonly JsonSchema[];
  readonly anyOf?: readonly JsonSchema[];
  /** Ours: not to be read over a shoulder */
  readonly secret?: boolean;
}

export type Shape =
  | { readonly is: 'choice'; readonly options: readonly unknown[] }
  | { readonly is: 'flag' }
  | { readonly is: 'number' }
  | { readonly is: 'text' }
  | { readonly is: 'fields'; readonly properties: Readonly<Record<string, JsonSchema>>; readonly required: readonly string[] }
  | { readonly is: 'texts' }
  | { readonly is: 'list'; readonly items: JsonSchema }
  | { readonly is: 'pairs' }
  | { readonly is: 'variants'; readonly variants: readonly JsonSchema[] }
  | { readonly is: 'constant'; readonly value: unknown }
  /** No form for it: edited as YAML */
  | { readonly is: 'other' };

/** Which kind of field a schema asks for. */
export function shapeOf(schema: JsonSchema): Shape {
  const variants = schema.oneOf ?? schema.anyOf;
  if (variants !== undefined) return { is: 'variants', variants };
  if (schema.const !== undefined) return { is: 'constant', value: schema.const };
  if (schema.enum !== undefined) return { is: 'choice', options: schema.enum };
  switch (schema.type) {
    case 'boolean':
      return { is: 'flag' };
    case 'integer':
    case 'number':
      return { is: 'number' };
    case 'string':
      return { is: 'text' };
    case 'array':
      if (schema.items === undefined) return { is: 'other' };
      return shapeOf(schema.items).is === 'text' ? { is: 'texts' } : { is: 'list', items: schema.items };
    case 'object':
      if (schema.properties !== undefined)
        return { is: 'fields', properties: schema.properties, required: schema.required ?? [] };
      return typeof schema.additionalProperties === 'object' && schema.additionalProperties.type === 'string'
        ? { is: 'pairs' }
        : { is: 'other' };
    default:
      return { is: 'other' };
  }
}

/** What a new value begins as: only what has to be there. */
export function emptyValue(schema: JsonSchema): unknown {
  const shape = shapeOf(schema);
  switch (shape.is) {
    case 'constant':
      return shape.value;
    case 'choice':
      return schema.default ?? shape.options[0];
    case 'flag':
      return schema.default ?? false;
    case 'number':
      return schema.default ?? schema.minimum ?? 0;
    case 'text':
      return schema.default ?? '';
    case 'texts':
    case 'list':
      return shape.is === 'list' && (schema.minItems ?? 0) > 0 ? [emptyValue(shape.items)] : [];
    case 'pairs':
    case 'other':
      return {};
    case 'variants':
      return emptyValue(shape.variants[0] ?? {});
    case 'fields':
      return Object.fromEntries(shape.required.map((name) => [name, emptyValue(shape.properties[name] ?? {})]));
  }
}

/** The first variant whose constants and choices a value keeps to, and whose required fields it has; 0 when none fits. */
export function variantOf(variants: readonly JsonSchema[], value: unknown): number {
  const fits = (schema: JsonSchema): boolean => {
    const shape = shapeOf(schema);
    if (shape.is === 'constant') return value === shape.value;
    if (shape.is !== 'fields') return typeof value === schema.type || (schema.type === 'array' && Array.isArray(value));
    if (typeof value !== 'object' || value === null) return false;
    const held = value as Readonly<Record<string, unknown>>;
    return Object.entries(shape.properties).every(([name, property]) => {
      if (property.const !== undefined) return held[name] === property.const;
      if (property.enum !== undefined && name in held) return property.enum.includes(held[name]);
      return !shape.required.includes(name) || name in held || property.enum === undefined;
    });
  };
  return Math.max(0, variants.findIndex(fits));
}

/** What a variant is called: by its constants and choices, else by its type. */
export function variantLabel(schema: JsonSchema, at: number): string {
  if (schema.title !== undefined) return schema.title;
  if (schema.const !== undefined) return textOf(schema.const);
  for (const { const: constant, enum: choices } of Object.values(schema.properties ?? {})) {
    if (constant !== undefined) return textOf(constant);
    if (choices !== undefined) return choices.join(', ');
  }
  return schema.type ?? `Form ${at + 1}`;
}

/** Whether a value needs a frame of its own. */
export function isNested(schema: JsonSchema): boolean {
  return ['fields', 'list', 'variants', 'pairs'].includes(shapeOf(schema).is);
}
