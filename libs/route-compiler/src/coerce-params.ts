import type { z } from 'zod';

/**
 * A copy of the parameters in which strings stand as numbers or booleans wherever the schema wants one and the text is one:
 * `"60"` → 60, `"true"` → true. Everything else stays, right or wrong.
 */
export function coerceParams(schema: z.ZodType, params: unknown): unknown {
  const result = schema.safeParse(params, { reportInput: true });
  if (result.success) return params;
  const copy = { params: structuredClone(params) };
  for (const issue of result.error.issues) {
    if (issue.code !== 'invalid_type' || typeof issue.input !== 'string') continue;
    const value = coerce(issue.input, issue.expected);
    if (value !== undefined) put(copy, ['params', ...issue.path], value);
  }
  return copy.params;
}

function coerce(text: string, expected: string): number | boolean | undefined {
  if (expected === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  const isNumber = (expected === 'number' || expected === 'int') && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text);
  return isNumber ? Number(text) : undefined;
}

function put(root: object, path: readonly PropertyKey[], value: unknown): void {
  let parent: unknown = root;
  for (const step of path.slice(0, -1)) {
    if (typeof parent !== 'object' || parent === null) return;
    parent = Reflect.get(parent, step);
  }
  if (typeof parent === 'object' && parent !== null) Reflect.set(parent, path.at(-1) as PropertyKey, value);
}
