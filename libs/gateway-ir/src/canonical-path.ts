/**
 * The one spelling of a request path that is matched, authorised and forwarded (invariant 12), or `null` for a path that must
 * be refused (400): not starting with "/", a bad percent escape, a control character, a "?" or "#", or dot segments that climb
 * above the root.
 *
 * - percent escapes of unreserved characters (RFC 3986 §2.3) are decoded, all others keep their escape with upper-case hex;
 *   "%2F" and "%5C" therefore stay as they are
 * - "." and ".." segments are resolved (RFC 3986 §5.2.4), runs of "/" become one
 * - bytes above 0x7E and characters that no URI may contain raw are refused by the listener before this is called;
 *   here they are percent-encoded so that a document's literals get the same spelling as a request's
 */
export function canonicalPath(path: string): string | null {
  if (path.charCodeAt(0) !== SLASH) return null;
  if (plainPathEnd(path) === path.length) return path;
  const unescaped = unescapeUnreserved(path);
  return unescaped === null ? null : resolveDotSegments(unescaped);
}

const SLASH = 0x2f;
const DOT = 0x2e;

/**
 * How far `text` is a path with nothing to do about it: unreserved and sub-delims only, no empty segment, no segment that starts
 * with a dot, no escape. 0 = it is none from its first segment on. A loop over characters takes a third of what a regular expression does.
 */
export function plainPathEnd(text: string): number {
  if (text.charCodeAt(0) !== SLASH) return 0;
  const { length } = text;
  let segmentStart = 1;
  for (let at = 1; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code === SLASH || code === DOT) {
      if (at === segmentStart) return 0;
      if (code === SLASH) segmentStart = at + 1;
    } else if (code > 0x7e || PLAIN[code] === 0) return at;
  }
  return length;
}

const PLAIN = new Uint8Array(128);
for (let code = 0; code < 128; code++) if (/[A-Za-z0-9\-_~!$&'()*+,;=:@]/.test(String.fromCharCode(code))) PLAIN[code] = 1;

function unescapeUnreserved(path: string): string | null {
  let out = '';
  for (let at = 0; at < path.length; at++) {
    const char = path[at] as string;
    if (char === '%') {
      const hex = path.slice(at + 1, at + 3);
      if (!/^[0-9A-Fa-f]{2}$/.test(hex)) return null;
      const decoded = String.fromCharCode(Number.parseInt(hex, 16));
      out += UNRESERVED.test(decoded) ? decoded : `%${hex.toUpperCase()}`;
      at += 2;
    } else if (char === '?' || char === '#' || char < ' ' || char === '\u007f') {
      return null;
    } else {
      out += RAW.test(char) ? char : encodeRaw(path, at);
      if (isHighSurrogate(path, at)) at += 1;
    }
  }
  return out;
}

const UNRESERVED = /[A-Za-z0-9\-._~]/;
const RAW = /[A-Za-z0-9\-._~!$&'()*+,;=:@/]/;

function encodeRaw(path: string, at: number): string {
  const char = String.fromCodePoint(path.codePointAt(at) as number);
  return Buffer.from(char, 'utf8').reduce((text, byte) => `${text}%${byte.toString(16).toUpperCase().padStart(2, '0')}`, '');
}

function isHighSurrogate(path: string, at: number): boolean {
  return (path.codePointAt(at) as number) > 0xffff;
}

function resolveDotSegments(path: string): string | null {
  const out: string[] = [];
  const segments = path.split('/').slice(1);
  const directory = ['', '.', '..'].includes(segments.at(-1) as string);
  for (const segment of segments) {
    if (segment === '..') {
      if (out.pop() === undefined) return null;
    } else if (segment !== '' && segment !== '.') {
      out.push(segment);
    }
  }
  return out.length === 0 ? '/' : `/${out.join('/')}${directory ? '/' : ''}`;
}
