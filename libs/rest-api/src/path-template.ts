/** One segment's piece: text as written, or a parameter (one or more characters, never "/"). */
export type TemplatePart = { readonly literal: string } | { readonly parameter: string };

/** What may follow the segments; see PathTail in proto/tidegate/discovery/v1/routes.proto. */
export type PathTail = 'exact' | 'optional-slash' | 'subtree' | 'slash';

/** `simple`: operation.path; `exact` and `prefix`: operation.match.path of that type. */
export type PathForm = 'simple' | 'exact' | 'prefix';

export interface PathTemplate {
  readonly segments: readonly (readonly TemplatePart[])[];
  readonly tail: PathTail;
}

export type ParsedTemplate =
  | { readonly ok: true; readonly template: PathTemplate }
  | { readonly ok: false; readonly code: string; readonly message: string };

/**
 * Reads an operation's path. What it matches is decided in this order (reference data-plane §1.4): a final "/*" is a subtree,
 * "/" is the context with or without slash, a template is exact, `match` of type Exact is exact, and a plain path accepts one
 * trailing slash. Unlike WSO2's, a template may end in "/*" too. Literals stay as written.
 */
export function parsePathTemplate(path: string, form: PathForm): ParsedTemplate {
  const problem = textProblem(path);
  if (problem !== null) return problem;
  const tail = tailOf(path, form);
  const texts = segmentTexts(path, tail);
  if (texts.some((text) => ['', '.', '..'].includes(normalEscapes(text)))) {
    return refuse('invalid_format', "Operation path must not contain empty, '.' or '..' segments");
  }
  const segments = texts.map(segmentParts);
  return segmentsProblem(segments) ?? { ok: true, template: { segments, tail } };
}

const LENGTH_MAX = 1024;

function textProblem(path: string): ParsedTemplate | null {
  if (!path.startsWith('/')) return refuse('invalid_format', 'Operation path must start with /');
  if (!hasBalancedBraces(path)) return refuse('invalid_format', 'Operation path has unbalanced braces in parameters');
  if (path.length > LENGTH_MAX) return refuse('too_big', `Operation path must be at most ${LENGTH_MAX} characters`);
  // eslint-disable-next-line no-control-regex -- naming them is the point
  if (/[?#\s\\\u0000-\u001f\u007f]/.test(path)) {
    return refuse('invalid_format', "Operation path must not contain '?', '#', '\\', white space or control characters");
  }
  if (hasBadEscape(path)) return refuse('invalid_format', "Operation path has a '%' that no two hexadecimal digits follow");
  return null;
}

/** Braces open, hold a name without "/" or braces, and close. */
function hasBalancedBraces(path: string): boolean {
  return !/[{}]/.test(path.replaceAll(/\{[^{}]*\}/g, ''));
}

export function hasBadEscape(path: string): boolean {
  return /%(?![0-9A-Fa-f]{2})/.test(path);
}

function tailOf(path: string, form: PathForm): PathTail {
  if (path.endsWith('/*') || form === 'prefix') return 'subtree';
  if (path === '/') return 'optional-slash';
  if (path.endsWith('/')) return 'slash';
  return form === 'exact' || path.includes('{') ? 'exact' : 'optional-slash';
}

function segmentTexts(path: string, tail: PathTail): string[] {
  const prefix = tail === 'subtree' ? path.replace(/\/\*?$/, '') : path.replace(/\/$/, '');
  return prefix === '' ? [] : prefix.slice(1).split(/\/(?![^{]*\})/);
}

function segmentParts(text: string): TemplatePart[] {
  return text
    .split(/(\{[^{}]*\})/)
    .filter((piece) => piece !== '')
    .map((piece) => (piece.startsWith('{') ? { parameter: piece.slice(1, -1) } : { literal: piece }));
}

function segmentsProblem(segments: PathTemplate['segments']): ParsedTemplate | null {
  const seen = new Set<string>();
  for (const parts of segments) {
    for (const [at, part] of parts.entries()) {
      if (!('parameter' in part)) continue;
      const name = part.parameter;
      if (name === '' || /[/]/.test(name)) return refuse('invalid_format', "A path parameter needs a name without '/'");
      if (seen.has(name)) return refuse('duplicate', `Duplicate path parameter name '${name}'`);
      const next = parts[at + 1];
      if (next !== undefined && 'parameter' in next) {
        return refuse('invalid_format', `Path parameters '${name}' and '${next.parameter}' need text between them`);
      }
      seen.add(name);
    }
  }
  return null;
}

function refuse(code: string, message: string): ParsedTemplate & { ok: false } {
  return { ok: false, code, message };
}

/** The same path has the same text: unreserved characters are not escaped, other escapes are in capitals (RFC 3986 §6.2.2). */
export function normalEscapes(text: string): string {
  return text.replaceAll(/%[0-9A-Fa-f]{2}/g, (escape) => {
    const char = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return /[A-Za-z0-9\-._~]/.test(char) ? char : escape.toUpperCase();
  });
}
