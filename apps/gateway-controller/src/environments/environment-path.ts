import type { FieldError } from '@tidegate/management-api';

const RESERVED = ['_admin', 'console', '.well-known'];

/** How a path is stored: "" or "/path". */
export type EnvironmentPath =
  | { readonly ok: true; readonly basePath: string }
  | { readonly ok: false; readonly errors: FieldError[] };

/**
 * A path as users write it, "ws/rest" or "" (reference/gateways-console.md §4): every rule it breaks, each with its code, so that a
 * form can say all at once.
 */
export function parseEnvironmentPath(text: string, field = 'paths.rest'): EnvironmentPath {
  const errors = RULES.filter(({ broken }) => broken(text)).map(({ code, message }) => ({ field, code, message }));
  if (errors.length > 0) return { ok: false, errors };
  const canonical = text.normalize('NFC').replace(/%[0-9A-Fa-f]{2}/g, (escape) => decodeUnreserved(escape.toUpperCase()));
  return { ok: true, basePath: canonical === '' ? '' : `/${canonical}` };
}

/** As users write it. */
export function shownPath(basePath: string): string {
  return basePath.replace(/^\//, '');
}

interface Rule {
  readonly code: string;
  readonly message: string;
  broken(text: string): boolean;
}

const RULES: readonly Rule[] = [
  { code: 'ENVIRONMENT_PATH_LEADING_SLASH', message: 'must not begin with "/"', broken: (text) => text.startsWith('/') },
  {
    code: 'ENVIRONMENT_PATH_TRAILING_SLASH',
    message: 'must not end with "/"',
    broken: (text) => text !== '/' && text.endsWith('/'),
  },
  {
    code: 'ENVIRONMENT_PATH_CONSECUTIVE_SLASHES',
    message: 'must not have two "/" in a row',
    broken: (text) => text.includes('//'),
  },
  { code: 'ENVIRONMENT_PATH_SPACES', message: 'must not have spaces', broken: (text) => /\s/.test(text) },
  {
    code: 'ENVIRONMENT_PATH_INVALID_ENCODED',
    message: 'has a "%" that no two hexadecimal digits follow, or an encoded "/" or NUL',
    broken: (text) => /%(?![0-9A-Fa-f]{2})|%2f|%00/i.test(text),
  },
  {
    code: 'ENVIRONMENT_PATH_RELATIVE',
    message: 'must not have "." or ".." as a segment',
    broken: (text) =>
      text
        .replace(/%2e/gi, '.')
        .split('/')
        .some((segment) => segment === '.' || segment === '..'),
  },
  {
    code: 'ENVIRONMENT_PATH_INVALID_CHARACTER',
    message: "may have letters, digits, and - . _ ~ ! $ & ' ( ) * + , ; = : @ %",
    broken: (text) => !/^[A-Za-z0-9\-._~!$&'()*+,;=:@%/\s]*$/.test(text),
  },
  {
    code: 'ENVIRONMENT_PATH_RESERVED',
    message: `must not begin with ${RESERVED.join(', ')}`,
    broken: (text) => RESERVED.includes(text.split('/')[0] ?? ''),
  },
];

function decodeUnreserved(escape: string): string {
  const character = String.fromCodePoint(Number.parseInt(escape.slice(1), 16));
  return /[A-Za-z0-9\-._~]/.test(character) ? character : escape;
}
