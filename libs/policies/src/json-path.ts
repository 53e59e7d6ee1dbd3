import { z } from 'zod';

/** `$`, `$.a.b[0]['c d'][-1]`: one place in a document, no wildcards, no filters. */
const PATH = /^\$(?:\.[A-Za-z_][\w-]*|\[-?\d{1,6}\]|\['[^'\\]{1,128}'\])*$/;
const STEP = /\.([A-Za-z_][\w-]*)|\[(-?\d+)\]|\['([^']+)'\]/g;

/** Parameters that hold such a path; "" = the whole text. */
export const jsonPath = z
  .string()
  .max(512)
  .regex(new RegExp(`${PATH.source}|^$`), 'a path like "$.messages[-1].content"');

/** Reads the place in a parsed document; `undefined` = there is nothing. */
export function jsonReader(path: string): (document: unknown) => unknown {
  const steps = [...path.matchAll(STEP)].map(([, name, index, quoted]) =>
    index === undefined ? (name ?? quoted ?? '') : Number(index),
  );
  return (document) => steps.reduce(descend, document);
}

function descend(value: unknown, step: string | number): unknown {
  if (typeof step === 'number') return Array.isArray(value) ? (value.at(step) as unknown) : undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, step)) return undefined;
  return (value as Record<string, unknown>)[step];
}

/** `undefined` = not JSON. A body is bounded before it gets here; nesting is checked because parsers and printers recurse. */
export function parseJson(text: string): unknown {
  if (nesting(text) > DEPTH_MAX) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const DEPTH_MAX = 200;

/** Upper bound of the depth: brackets inside strings count too, which only refuses more. */
function nesting(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x5d || code === 0x7d) depth--;
  }
  return deepest;
}
