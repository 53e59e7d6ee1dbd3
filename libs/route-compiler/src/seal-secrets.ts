import type { Sealed } from '@tidegate/gateway-ir';
import type { PolicyDefinition } from '@tidegate/policy-sdk';
import { z } from 'zod';

export type Sealing =
  | {
      readonly ok: true;
      /** Without the secret values */
      readonly params: unknown;
      /** By JSON pointer (RFC 6901) into the parameters */
      readonly sealed: Record<string, Sealed>;
    }
  /** A secret was put where the policy makes no text of it, so it could only travel in clear */
  | { readonly ok: false; readonly place: readonly PropertyKey[] };

/**
 * Takes the values out that the policy's schema marks with `.meta({ secret: true })`, and those that a template expression made of a
 * secret: they travel as Sealed, which no dump prints (invariant 13). Marks are looked for in members of objects, however deep,
 * not inside lists; `places` may be anywhere.
 */
export function sealSecrets(
  definition: PolicyDefinition,
  params: unknown,
  places: readonly (readonly PropertyKey[])[] = [],
): Sealing {
  const marked = pointersOf(definition);
  if (marked.length === 0 && places.length === 0) return { ok: true, params, sealed: {} };
  const open: unknown = structuredClone(params);
  const sealed: Record<string, Sealed> = {};
  for (const path of marked) take(open, path, sealed);
  for (const path of places) {
    if (pointer(path) in sealed) continue;
    if (!take(open, path, sealed)) return { ok: false, place: path };
  }
  return { ok: true, params: open, sealed };
}

/** Whether there was a text. A list keeps its length: the others keep their places. */
function take(root: unknown, path: readonly PropertyKey[], sealed: Record<string, Sealed>): boolean {
  const parent = path
    .slice(0, -1)
    .reduce<unknown>((value, name) => (isContainer(value) ? Reflect.get(value, name) : undefined), root);
  const name = path.at(-1);
  if (name === undefined || !isContainer(parent) || !Object.hasOwn(parent, name)) return false;
  const value: unknown = Reflect.get(parent, name);
  if (typeof value !== 'string') return false;
  sealed[pointer(path)] = { value: Buffer.from(value, 'utf8') };
  if (Array.isArray(parent)) Reflect.set(parent, name, '');
  else Reflect.deleteProperty(parent, name);
  return true;
}

/** A definition never changes, and ten thousand documents use it. */
const KNOWN = new WeakMap<PolicyDefinition, readonly string[][]>();

function pointersOf(definition: PolicyDefinition): readonly string[][] {
  const known = KNOWN.get(definition) ?? secretPointers(z.toJSONSchema(definition.params, { io: 'input' }), []);
  KNOWN.set(definition, known);
  return known;
}

function secretPointers(schema: unknown, at: readonly string[]): string[][] {
  if (!isRecord(schema) || !isRecord(schema['properties'])) return [];
  return Object.entries(schema['properties']).flatMap(([name, member]) => {
    const path = [...at, name];
    return isRecord(member) && member['secret'] === true ? [path] : secretPointers(member, path);
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return isContainer(value) && !Array.isArray(value);
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function pointer(path: readonly PropertyKey[]): string {
  return `/${path.map((step) => String(step).replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`;
}
