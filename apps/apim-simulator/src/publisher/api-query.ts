import type { SimulatedApi } from '../state/apim-state.ts';

/** What `GET /apis?query=…` can ask for here. */
export type ApiQuery = { readonly terms: readonly Term[] };
type Term = {
  readonly field: 'name' | 'version' | 'context' | 'provider' | 'content';
  readonly value: string;
  readonly exact: boolean;
};

export type ParsedQuery = { readonly ok: true; readonly query: ApiQuery } | { readonly ok: false; readonly problem: string };

const fields = new Set(['name', 'version', 'context', 'provider', 'content']);

/**
 * Parses the publisher's search language: terms `field:value` separated by blanks, all of which must hold; values with blanks
 * in double quotes. A quoted value is meant exactly; a bare one matches anywhere, in any case, with `*` as wildcard; that is
 * why a client that looks for its own API by `name:` must compare what comes back. A bare word searches names.
 */
export function parseApiQuery(source: string): ParsedQuery {
  const terms: Term[] = [];
  const pattern = /\s*(?:([A-Za-z]+):)?(?:"((?:[^"\\]|\\.)*)"|([^\s"]+))/y;
  let position = 0;
  while (position < source.length) {
    if (source.slice(position).trim() === '') break;
    pattern.lastIndex = position;
    const found = pattern.exec(source);
    const unfinished = found !== null && found[1] === undefined && found[3]?.includes(':') === true;
    if (found === null || unfinished) return { ok: false, problem: `Cannot read the query at "${source.slice(position)}"` };
    const field = (found[1] ?? 'name').toLowerCase();
    if (!fields.has(field)) return { ok: false, problem: `Unknown search field "${field}"` };
    const quoted = found[2];
    const value = quoted === undefined ? (found[3] ?? '') : quoted.replace(/\\(.)/g, '$1');
    terms.push({ field: field as Term['field'], value, exact: quoted !== undefined });
    position = pattern.lastIndex;
  }
  return { ok: true, query: { terms } };
}

/** Does the API hold for every term? */
export function matchesQuery(api: SimulatedApi, query: ApiQuery): boolean {
  return query.terms.every((term) => matchesTerm(textOf(api, term.field), term));
}

function matchesTerm(value: string, term: Term): boolean {
  if (term.exact) return value.toLowerCase() === term.value.toLowerCase();
  const pattern = term.value
    .split('*')
    .map((piece) => piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(pattern, 'is').test(value);
}

function textOf(api: SimulatedApi, field: Term['field']): string {
  switch (field) {
    case 'name':
      return api.name;
    case 'version':
      return api.version;
    case 'context':
      return api.context;
    case 'provider':
      return api.data.provider ?? 'admin';
    case 'content':
      return JSON.stringify(api.data);
  }
}
