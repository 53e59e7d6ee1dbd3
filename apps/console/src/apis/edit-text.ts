import { parseDocument } from 'yaml';

import type { FieldPath } from '../schema-form/value-field-props.ts';

/** A document's text with one value changed; comments and order stay. `undefined` takes the value away. */
export function withValue(text: string, path: FieldPath, value: unknown): string {
  const document = parseDocument(text);
  if (value === undefined) document.deleteIn(path);
  else document.setIn(path, isPlain(value) ? value : document.createNode(value));
  return document.toString({ lineWidth: 0 });
}

/** Set as it is, it takes the old one's place and leaves what stands beside it. */
function isPlain(value: unknown): boolean {
  return typeof value !== 'object' || value === null;
}

/** The text as plain values; null = it cannot be read, or is no mapping. */
export function valuesOf(text: string): Readonly<Record<string, unknown>> | null {
  const document = parseDocument(text);
  if (document.errors.length > 0) return null;
  const value: unknown = document.toJS();
  if (value === null || value === undefined) return {};
  return typeof value === 'object' && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : null;
}

/** `spec.operations[0].method` */
export function pathText(path: FieldPath): string {
  return path.reduce<string>(
    (text, step) => (typeof step === 'number' ? `${text}[${step}]` : text === '' ? step : `${text}.${step}`),
    '',
  );
}
