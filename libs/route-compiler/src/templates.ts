import { type Diagnostic, jsonPath } from '@tidegate/rest-api';

/**
 * Every text below `value` that holds a template expression. Nothing renders them yet, and sending the braces upstream or
 * taking them for a value would be worse than refusing.
 */
export function templatesIn(value: unknown, path: string): Diagnostic[] {
  if (typeof value === 'string') return value.includes('{{') ? [refusal(path)] : [];
  if (Array.isArray(value)) return value.flatMap((item: unknown, at) => templatesIn(item, jsonPath([at], path)));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => templatesIn(member, jsonPath([name], path)));
}

function refusal(path: string): Diagnostic {
  return { path, code: 'templates_not_supported', message: `Template expressions ('{{ … }}') are not supported yet in ${path}` };
}
