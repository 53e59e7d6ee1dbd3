import { type PathPattern, PathTail, type Segment } from '@tidegate/gateway-ir';

/** Literal text, or `null` for a parameter: one or more characters. Two parameters never stand side by side. */
type Part = string | null;

/** What decides which paths a template matches; names of parameters do not. */
export interface PathShape {
  readonly segments: readonly (readonly Part[])[];
  readonly tail: PathTail;
}

export function shapeOf({ segments, tail }: PathPattern): PathShape {
  return { segments: segments.map(partsOf), tail };
}

/** Reads what `erasedTemplate` writes. Whether a literal template accepts a trailing slash is not in it: it is taken to. */
export function shapeOfErased(text: string): PathShape {
  const tail = text.endsWith('/*')
    ? PathTail.SUBTREE
    : text.length > 1 && text.endsWith('/')
      ? PathTail.SLASH
      : text.includes('{}')
        ? PathTail.EXACT
        : PathTail.OPTIONAL_SLASH;
  const path = text.replace(/\/\*?$/, '');
  return { segments: path === '' ? [] : path.slice(1).split('/').map(partsOfText), tail };
}

/** Is there a path that both match? */
export function shapesMeet(a: PathShape, b: PathShape): boolean {
  const [short, long] = a.segments.length <= b.segments.length ? [a, b] : [b, a];
  if (!short.segments.every((parts, at) => segmentsMeet(parts, long.segments[at] ?? []))) return false;
  if (short.segments.length < long.segments.length) return short.tail === PathTail.SUBTREE;
  return short.segments.length === 0 || tailsMeet(a.tail, b.tail);
}

/** With and without a slash at the end */
const OPEN_TAILS: ReadonlySet<PathTail> = new Set([PathTail.SUBTREE, PathTail.OPTIONAL_SLASH]);

function tailsMeet(a: PathTail, b: PathTail): boolean {
  return a === b || OPEN_TAILS.has(a) || OPEN_TAILS.has(b);
}

export function segmentsMeet(a: readonly Part[], b: readonly Part[]): boolean {
  const [textA, textB] = [literalOf(a), literalOf(b)];
  if (textA !== null && textB !== null) return textA === textB;
  if (textA !== null) return fits(textA, b);
  if (textB !== null) return fits(textB, a);
  // With a parameter in each, whatever stands between fits into the other's parameter: only the ends can disagree.
  const [startA, startB, endA, endB] = [a.at(0) ?? '', b.at(0) ?? '', a.at(-1) ?? '', b.at(-1) ?? ''];
  return (startA.startsWith(startB) || startB.startsWith(startA)) && (endA.endsWith(endB) || endB.endsWith(endA));
}

function literalOf(parts: readonly Part[]): string | null {
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : null;
}

/** Literals from the left, each as early as it can be: if any placing works, this one does. */
function fits(text: string, parts: readonly Part[]): boolean {
  let at = 0;
  let free = false;
  for (const part of parts) {
    if (part === null) {
      at += 1;
      free = true;
      continue;
    }
    const found = free ? text.indexOf(part, at) : text.startsWith(part, at) ? at : -1;
    if (found === -1) return false;
    at = found + part.length;
    free = false;
  }
  if (free) return at <= text.length;
  const last = parts.at(-1) ?? '';
  return at === text.length || (parts.length > 1 && text.endsWith(last) && at < text.length);
}

function partsOf({ parts }: Segment): Part[] {
  return parts.map(({ part }) => (part?.$case === 'literal' ? part.value : null));
}

function partsOfText(text: string): Part[] {
  return text
    .split(/(\{\})/)
    .filter((piece) => piece !== '')
    .map((piece) => (piece === '{}' ? null : piece));
}
