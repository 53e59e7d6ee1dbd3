import { type PathPattern, PathTail, type Segment } from '@tidegate/gateway-ir';

/** A path template, ready to be ordered, put into a trie and matched. Parameter names are gone: they never decide a match. */
export interface CompiledPath {
  readonly segments: readonly CompiledSegment[];
  readonly tail: Tail;
}

/** In the order in which they win when everything before them is equal. */
export type Tail = 'exact' | 'slash' | 'optional-slash' | 'subtree';

export type CompiledSegment = { readonly kind: 'literal'; readonly text: string } | MixedSegment | { readonly kind: 'parameter' };

/** Literals and parameters in one segment: "a-{id}.json". */
export interface MixedSegment {
  readonly kind: 'mixed';
  /** The segment with every parameter as "{}": equal shapes match equal texts */
  readonly shape: string;
  readonly literalChars: number;
  /** Literals in order; between two neighbours, and before the first and after the last if `""` is not there, stand parameters */
  readonly parts: readonly SegmentPiece[];
}

/** A literal text, or `null` for a parameter (one or more characters). */
export type SegmentPiece = string | null;

/** Throws on a message no compiler of this version writes: the API is then rejected at build. */
export function compilePath(pattern: PathPattern): CompiledPath {
  const tail = TAILS.get(pattern.tail);
  if (tail === undefined) throw new Error(`unknown path tail ${pattern.tail} in ${pattern.template}`);
  return { segments: pattern.segments.map((segment) => compileSegment(segment, pattern.template)), tail };
}

const TAILS = new Map<PathTail, Tail>([
  [PathTail.EXACT, 'exact'],
  [PathTail.SLASH, 'slash'],
  [PathTail.OPTIONAL_SLASH, 'optional-slash'],
  [PathTail.SUBTREE, 'subtree'],
]);

function compileSegment(segment: Segment, template: string): CompiledSegment {
  const parts: SegmentPiece[] = [];
  for (const { part } of segment.parts) {
    if (part === undefined) throw new Error(`empty segment part in ${template}`);
    const piece = part.$case === 'literal' ? part.value : null;
    const before = parts.at(-1);
    // Neighbouring literals become one: fitsMixed places each literal for good.
    if (typeof before === 'string' && piece !== null) parts[parts.length - 1] = before + piece;
    else parts.push(piece);
  }
  const literals = parts.filter((part) => part !== null);
  if (parts.length === 0) throw new Error(`empty segment in ${template}`);
  if (literals.length === parts.length) return { kind: 'literal', text: literals.join('') };
  if (parts.length === 1) return { kind: 'parameter' };
  const shape = parts.map((part) => part ?? '{}').join('');
  return { kind: 'mixed', shape, literalChars: literals.join('').length, parts };
}

/**
 * Does `text` (one non-empty segment) fit? Takes the leftmost place for each inner literal, which finds a fit if there is one,
 * in one pass: no backtracking for an attacker to feed.
 */
export function fitsMixed(segment: MixedSegment, text: string): boolean {
  const { parts } = segment;
  const last = parts.length - 1;
  let at = 0;
  let needed = 0;
  for (let index = 0; index <= last; index++) {
    const part = parts[index];
    if (part === null || part === undefined) {
      needed += 1;
      continue;
    }
    const found = placeOf(part, text, { from: at + needed, anchored: needed === 0, final: index === last });
    if (found < 0) return false;
    at = found + part.length;
    needed = 0;
  }
  return needed === 0 ? at === text.length : text.length - at >= needed;
}

/** Does a canonical path fit the template? The trie answers this for all templates at once; here it is asked of one, for people. */
export function pathFits({ segments, tail }: CompiledPath, path: string): boolean {
  const slash = path.endsWith('/');
  const texts = path === '/' ? [] : path.slice(1, slash ? -1 : undefined).split('/');
  const long = tail === 'subtree' ? texts.length >= segments.length : texts.length === segments.length;
  if (!long || !segments.every((segment, index) => segmentFits(segment, texts[index] as string))) return false;
  if (tail === 'subtree' || texts.length === 0) return true;
  return tailFits(tail, slash);
}

export function tailFits(tail: Tail, slash: boolean): boolean {
  if (tail === 'optional-slash') return true;
  return tail === 'slash' ? slash : !slash;
}

function segmentFits(segment: CompiledSegment, text: string): boolean {
  if (segment.kind === 'parameter') return true;
  return segment.kind === 'literal' ? segment.text === text : fitsMixed(segment, text);
}

/** Where the literal goes: right at `from` when no parameter precedes it, at the very end when nothing follows it. */
function placeOf(literal: string, text: string, rule: { from: number; anchored: boolean; final: boolean }): number {
  if (rule.anchored) return text.startsWith(literal, rule.from) ? rule.from : -1;
  if (!rule.final) return text.indexOf(literal, rule.from);
  const end = text.length - literal.length;
  return end >= rule.from && text.endsWith(literal) ? end : -1;
}
