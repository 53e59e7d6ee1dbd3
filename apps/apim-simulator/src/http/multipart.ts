/** One part of a multipart/form-data body (RFC 7578). */
export type FormPart = {
  readonly name: string;
  /** absent for a plain field */
  readonly filename?: string;
  readonly contentType: string;
  readonly content: Buffer;
};

export type ParsedForm =
  | { readonly ok: true; readonly parts: readonly FormPart[] }
  | { readonly ok: false; readonly problem: string };

/**
 * Takes a complete multipart/form-data body apart, strictly: CRLF line ends, every part named, the closing delimiter there,
 * nothing but white space around. Ours, because the parsers that exist forgive what this simulator is there to notice.
 */
export function parseForm(contentType: string | undefined, body: Buffer): ParsedForm {
  const boundary = boundaryOf(contentType ?? '');
  if (boundary === null) return refuse('Content-Type is not multipart/form-data with a boundary of 1 to 70 characters');
  const delimiter = Buffer.from(`--${boundary}`);
  if (!body.subarray(0, delimiter.length).equals(delimiter)) return refuse('The body does not begin with the boundary');

  const parts: FormPart[] = [];
  let position = delimiter.length;
  for (;;) {
    const after = body.subarray(position, position + 2).toString('latin1');
    if (after === '--') break;
    if (after !== '\r\n') return refuse('A boundary is followed by neither CRLF nor --');
    const end = body.indexOf(Buffer.concat([Buffer.from('\r\n'), delimiter]), position + 2);
    if (end === -1) return refuse('The closing boundary is missing');
    const part = parsePart(body.subarray(position + 2, end));
    if (typeof part === 'string') return refuse(part);
    parts.push(part);
    position = end + 2 + delimiter.length;
  }
  if (
    body
      .subarray(position + 2)
      .toString('latin1')
      .trim() !== ''
  )
    return refuse('There are bytes after the closing boundary');
  return { ok: true, parts };
}

function parsePart(bytes: Buffer): FormPart | string {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd === -1) return 'A part has no blank line after its headers';
  const headers = new Map<string, string>();
  for (const line of bytes.subarray(0, headEnd).toString('utf8').split('\r\n')) {
    const colon = line.indexOf(':');
    if (colon < 1) return `A part has the malformed header "${line}"`;
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const disposition = headers.get('content-disposition') ?? '';
  const name = parameter(disposition, 'name');
  if (!/^form-data\s*(;|$)/i.test(disposition) || name === null) return 'A part is not form-data with a name';
  const filename = parameter(disposition, 'filename');
  return {
    name,
    ...(filename === null ? {} : { filename }),
    contentType: headers.get('content-type') ?? 'text/plain',
    content: bytes.subarray(headEnd + 4),
  };
}

function boundaryOf(contentType: string): string | null {
  if (!/^multipart\/form-data\s*;/i.test(contentType)) return null;
  const boundary = parameter(contentType, 'boundary');
  return boundary !== null && boundary.length >= 1 && boundary.length <= 70 ? boundary : null;
}

/** `; key="value"` or `; key=value` of a header, unescaped. */
function parameter(header: string, key: string): string | null {
  const found = new RegExp(`;\\s*${key}\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^;\\s]+))`, 'i').exec(header);
  if (found === null) return null;
  return found[1] === undefined ? (found[2] ?? '') : found[1].replace(/\\(.)/g, '$1');
}

function refuse(problem: string): ParsedForm {
  return { ok: false, problem };
}
