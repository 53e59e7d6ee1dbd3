/** Why bytes are no acceptable message. `status` is what a client is answered; an upstream's fault is 502, whatever it says. */
export interface Fault {
  readonly status: 400 | 414 | 417 | 431;
  /** For logs; never contains what was received */
  readonly reason: string;
}

/** Nothing is repaired: each of these ends the connection (design of the data plane, "Strictness"). */
export const FAULTS = {
  version: { status: 400, reason: 'unknown HTTP version' },
  requestLine: { status: 400, reason: 'malformed request line' },
  statusLine: { status: 400, reason: 'malformed status line' },
  targetTooLong: { status: 414, reason: 'target too long' },
  headTooLarge: { status: 431, reason: 'header block too large' },
  tooManyFields: { status: 431, reason: 'too many header fields' },
  fieldName: { status: 400, reason: 'malformed field name' },
  fieldValue: { status: 400, reason: 'malformed field value' },
  folded: { status: 400, reason: 'folded line' },
  lineEnd: { status: 400, reason: 'line end other than CRLF' },
  noHost: { status: 400, reason: 'no Host' },
  hosts: { status: 400, reason: 'more than one Host' },
  host: { status: 400, reason: 'malformed Host' },
  repeatedFraming: { status: 400, reason: 'repeated framing header' },
  twoFramings: { status: 400, reason: 'Content-Length beside Transfer-Encoding' },
  contentLength: { status: 400, reason: 'malformed Content-Length' },
  transferCoding: { status: 400, reason: 'transfer coding other than chunked' },
  codingInHttp10: { status: 400, reason: 'Transfer-Encoding in HTTP/1.0' },
  expectation: { status: 417, reason: 'unknown expectation' },
  chunkSize: { status: 400, reason: 'malformed chunk size' },
  chunkExtension: { status: 400, reason: 'chunk extensions too long' },
  chunkEnd: { status: 400, reason: 'chunk longer than its size' },
  trailer: { status: 400, reason: 'malformed trailer' },
} as const satisfies Record<string, Fault>;
