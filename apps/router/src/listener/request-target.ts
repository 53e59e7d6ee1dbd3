import { canonicalPath, plainPathEnd } from '@tidegate/gateway-ir';

/** What a request line asks for, in the one spelling that is matched, authorised and forwarded (invariant 12). */
export interface RequestTarget {
  readonly path: string;
  /** With its "?", byte for byte as received, or "" */
  readonly query: string;
  /** Host of an absolute-form target; `null` in origin form */
  readonly authority: string | null;
}

/** A target longer than this is refused (414). */
export const TARGET_BYTES_MAX = 8 * 1024;

/** `null` = a target this gateway does not forward (400): RFC 9112 §3.2 knows more forms than a gateway may accept. */
export function parseTarget(target: string): RequestTarget | null {
  const plainEnd = plainPathEnd(target);
  if (plainEnd > 0 && plainEnd === target.length) return { path: target, query: '', authority: null };
  if (plainEnd > 0 && target.charCodeAt(plainEnd) === QUESTION) {
    const query = target.slice(plainEnd);
    return QUERY.test(query) ? { path: target.slice(0, plainEnd), query, authority: null } : null;
  }
  const absolute = ABSOLUTE.exec(target);
  const rest = absolute === null ? target : (absolute[2] ?? '');
  const mark = rest.indexOf('?');
  const rawPath = mark < 0 ? rest : rest.slice(0, mark);
  const query = mark < 0 ? '' : rest.slice(mark);
  if (!PATH.test(rawPath) || !QUERY.test(query)) return null;
  const path = canonicalPath(rawPath === '' && absolute !== null ? '/' : rawPath);
  return path === null ? null : { path, query, authority: absolute?.[1] ?? null };
}

const QUESTION = 0x3f;
const ABSOLUTE = /^https?:\/\/([^/?#]*)(.*)$/i;
/** Printable ASCII without what RFC 3986 allows nowhere raw; a fragment never travels. */
const PATH = /^[^\x00-\x20"#<>\\^`{|}\x7f-\uffff]*$/;
/** Clients do send brackets, braces and bars in queries; they pass as they are. */
const QUERY = /^[\x21\x22\x24-\x7e]*$/;
