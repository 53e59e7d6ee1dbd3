const BASES = [
  'GET /a?b=c HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n',
  'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX: 1\r\n\r\nhello',
  'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x=y\r\nabc\r\n0\r\nX: 1\r\n\r\n',
  'PUT http://a/x HTTP/1.1\r\nHost: a:80\r\nExpect: 100-continue\r\nConnection: close, x\r\nContent-Length: 0\r\n\r\n',
];

const BYTES = '\r \n \t \0 : ; , \x0b \x7f \xa0 \xff " \\ + - 0 0x _ %'.split(' ');
const WORDS = [
  '\r\n',
  ' ',
  'chunked',
  'Content-Length: 3\r\n',
  'Transfer-Encoding: chunked\r\n',
  'Host: b\r\n',
  'HTTP/1.1',
  'HTTP/1.0',
];
const TRICKS = ['Transfer-Encoding:\x0bchunked\r\n', 'Content-Length : 3\r\n', ' folded\r\n', '5\r\n', 'fffffffff', '\r\n\r\n'];
const PIECES = [...BYTES, ...WORDS, ...TRICKS, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'];

/**
 * Requests for fuzzing: honest ones with up to three mistakes each, latin1 text, the same for the same seed. Some are left honest by
 * chance, so that a run that refuses everything shows.
 */
export function mutatedRequests(seed: number): () => string {
  const random = randomOf(seed);
  return () => mutated(random);
}

/** mulberry32 */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below) | 0;
  };
}

function mutated(random: (below: number) => number): string {
  let text = BASES[random(BASES.length)] as string;
  for (let times = random(3); times >= 0; times--) {
    const at = random(text.length);
    const piece = PIECES[random(PIECES.length)] as string;
    const kind = random(4);
    if (kind === 0) text = text.slice(0, at) + piece + text.slice(at);
    else if (kind === 1) text = text.slice(0, at) + piece + text.slice(at + piece.length);
    else if (kind === 2) text = text.slice(0, at) + text.slice(at + 1 + random(3));
    else text = text.slice(0, at) + String.fromCharCode(random(256)) + text.slice(at + 1);
  }
  return text;
}
