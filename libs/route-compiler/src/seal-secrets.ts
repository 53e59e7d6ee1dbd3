import type { Sealed } from '@tidegate/gateway-ir';
import type { PolicyDefinition } from '@tidegate/policy-sdk';
import { z } from 'zod';

export interface SealedParams {
  /** Without the secret values */
  readonly params: unknown;
  /** By JSON pointer (RFC 6901) into the parameters */
  readonly sealed: Record<string, Sealed>;
}

/**
 * Takes the values out that the policy's schema marks with `.meta({ secret: true })`: they travel as Sealed, which no dump prints
 * (invariant 13). Marks are looked for in members of objects, however deep, not inside lists.
 */
export function sealSecrets(definition: PolicyDefinition, params: unknown): SealedParams {
  const pointers = pointersOf(definition);
  if (pointers.length === 0) return { params, sealed: {} };
  const open: unknown = structuredClone(params);
  const sealed: Record<string, Sealed> = {};
  for (const path of pointers) {
    const parent = path.slice(0, -1).reduce<unknown>((value, name) => (isRecord(value) ? value[name] : undefined), open);
    const name = path.at(-1) as string;
    if (!isRecord(parent) || typeof parent[name] !== 'string') continue;
    sealed[`/${path.map(escapeToken).join('/')}`] = { value: Buffer.from(parent[name], 'utf8') };
    delete parent[name];
  }
  return { params: open, sealed };
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
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function escapeToken(token: string): string {
  return token.replaceAll('~', '~0').replaceAll('/', '~1');
}
