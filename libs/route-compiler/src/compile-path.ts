import { canonicalPath, type PathPattern, PathTail, type Segment } from '@tidegate/gateway-ir';
import type { PathTemplate, TemplatePart } from '@tidegate/rest-api';

/**
 * Environment path + context as the router strips it: canonical, "" for the root, never with a trailing slash. Throws on what no
 * document rule lets through: then it is the environment or the deployment that was stored wrong.
 */
export function basePathOf(environmentBasePath: string, context: string): string {
  const joined = `${environmentBasePath}/${context}`;
  const canonical = canonicalPath(joined.startsWith('/') ? joined : `/${joined}`);
  if (canonical === null) throw new Error(`'${joined}' is not a base path`);
  return canonical.replace(/\/$/, '');
}

/** The pattern of an operation below a base path. `path` is the operation's path as written. */
export function compilePath(context: string, path: string, template: PathTemplate): PathPattern {
  const base = context === '' ? [] : context.slice(1).split('/');
  return {
    template: `${context}${path}`,
    segments: [...base.map((text) => literalSegment(text)), ...template.segments.map(compileSegment)],
    tail: TAILS[template.tail],
  };
}

const TAILS: Readonly<Record<PathTemplate['tail'], PathTail>> = {
  exact: PathTail.EXACT,
  'optional-slash': PathTail.OPTIONAL_SLASH,
  slash: PathTail.SLASH,
  subtree: PathTail.SUBTREE,
};

function literalSegment(text: string): Segment {
  return { parts: [{ part: { $case: 'literal', value: text } }] };
}

function compileSegment(parts: readonly TemplatePart[]): Segment {
  return {
    parts: parts.map((part) =>
      'parameter' in part
        ? { part: { $case: 'parameter', value: part.parameter } }
        : { part: { $case: 'literal', value: canonicalLiteral(part.literal) } },
    ),
  };
}

/** A letter in front keeps "." and ".." between parameters from being taken for dot segments. */
function canonicalLiteral(text: string): string {
  const canonical = canonicalPath(`/x${text}`);
  if (canonical === null) throw new Error(`'${text}' has no canonical form; the document's rules should have refused it`);
  return canonical.slice(2);
}

/** The template as it counts for clashes: parameter names erased, "/*" for a subtree. */
export function erasedTemplate({ segments, tail }: PathPattern): string {
  const texts = segments.map(({ parts }) => parts.map(({ part }) => (part?.$case === 'literal' ? part.value : '{}')).join(''));
  const path = texts.map((text) => `/${text}`).join('');
  if (tail === PathTail.SUBTREE) return `${path}/*`;
  return tail === PathTail.SLASH || path === '' ? `${path}/` : path;
}
