import { TextDecoder } from 'node:util';

/**
 * A body as text, in the charset its content type names; UTF-8 where it names none. `null` = nobody can say how the upstream
 * will read it: an unknown charset, two of them, bytes that are not of it, or UTF-16 that does not say so (its NULs).
 */
export function bodyText(bytes: Uint8Array, contentType: string | undefined): string | null {
  const charset = charsetOf(contentType ?? '');
  const decoder = charset === null ? null : decoderOf(charset);
  if (decoder === null) return null;
  try {
    const text = decoder.decode(bytes);
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

/** Those that people send and every decoder agrees about. */
const DECODERS = new Map(
  [
    ['utf-8', ['utf-8', 'utf8', 'us-ascii', 'ascii']],
    ['utf-16le', ['utf-16le']],
    ['utf-16be', ['utf-16be']],
    ['windows-1252', ['iso-8859-1', 'latin1', 'windows-1252']],
  ].flatMap(([encoding, names]) => {
    const decoder = new TextDecoder(String(encoding), { fatal: true });
    return [names].flat().map((name) => [String(name), decoder] as const);
  }),
);

function decoderOf(charset: string): TextDecoder | null {
  return DECODERS.get(charset) ?? null;
}

/** `null` = it names several */
function charsetOf(contentType: string): string | null {
  const named = [...contentType.toLowerCase().matchAll(/charset\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s;,"']*))/g)];
  const charsets = new Set(named.map(([, quoted, single, token]) => (quoted ?? single ?? token ?? '').trim()));
  if (charsets.size > 1) return null;
  return [...charsets][0] ?? 'utf-8';
}
