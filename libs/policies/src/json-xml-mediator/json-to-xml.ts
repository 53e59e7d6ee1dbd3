/** Throws on what XML cannot carry: control characters, lone surrogates. The nesting of `document` is bounded by who parsed it. */
export function jsonToXml(document: unknown): string {
  const lines: string[] = [];
  put(lines, 'root', document, '');
  return lines.join('\n');
}

function put(lines: string[], key: string, value: unknown, indent: string): void {
  if (Array.isArray(value)) {
    // Lists repeat the name of their key; the document itself, and a list in a list, have no other name than this.
    const name = key === 'root' && indent === '' ? null : key;
    if (name === null)
      return putElement(
        lines,
        'root',
        value.map((item) => ['item', item] as const),
        indent,
      );
    for (const item of value) {
      if (Array.isArray(item))
        putElement(
          lines,
          key,
          item.map((inner: unknown) => ['item', inner] as const),
          indent,
        );
      else put(lines, key, item, indent);
    }
    return;
  }
  if (typeof value === 'object' && value !== null) return putElement(lines, key, Object.entries(value), indent);
  const { open, name } = tag(key);
  const text = typeof value === 'string' ? escaped(value) : value === null ? '' : JSON.stringify(value);
  lines.push(text === '' ? `${indent}<${open}></${name}>` : `${indent}<${open}>${text}</${name}>`);
}

function putElement(lines: string[], key: string, members: readonly (readonly [string, unknown])[], indent: string): void {
  const { open, name } = tag(key);
  if (members.length === 0) {
    lines.push(`${indent}<${open}></${name}>`);
    return;
  }
  lines.push(`${indent}<${open}>`);
  for (const [member, value] of members) put(lines, member, value, `${indent}  `);
  lines.push(`${indent}</${name}>`);
}

/** An element name, and what stands in its opening tag: a key that is no name is respelt, and told beside it. */
function tag(key: string): { name: string; open: string } {
  if (NAME.test(key)) return { name: key, open: key };
  const respelt = key.replaceAll(/[^\p{L}\p{N}_.-]/gu, '_');
  const name = /^[\p{L}_]/u.test(respelt) && !/^xml/i.test(respelt) ? respelt : `_${respelt}`;
  return { name, open: `${name} originalKey="${escaped(key)}"` };
}

/** Safe everywhere: no colon, which would be a prefix, and none of those that XML keeps for itself. */
const NAME = /^(?![Xx][Mm][Ll])[A-Za-z_][A-Za-z0-9_.-]*$/;

function escaped(text: string): string {
  if (NOT_XML.test(text) || !text.isWellFormed()) throw new Error('a character that XML cannot carry');
  return text.replaceAll(/[&<>"'\r]/g, (character) => ENTITIES[character] ?? character);
}

/** XML 1.0, §2.2 */
const NOT_XML = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  '\r': '&#13;',
};
