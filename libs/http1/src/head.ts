/** A head larger than this is refused (431). */
export const HEAD_BYTES_MAX = 16 * 1024;
/** More header fields than this are refused (431). */
export const FIELDS_MAX = 128;
/** A longer request target is refused (414). */
export const TARGET_BYTES_MAX = 8 * 1024;

/**
 * Where things stand in the bytes of one head, and how its body is framed. One per connection, filled anew by each parse: no
 * object per request, none per header. Offsets are into the bytes that were parsed and die with them.
 */
export interface Head {
  /** "GET"; "" in a response */
  method: string;
  targetStart: number;
  targetEnd: number;
  /** 0 in a request */
  status: number;
  reasonStart: number;
  reasonEnd: number;
  /** HTTP/1.x */
  minor: 0 | 1;
  fieldCount: number;
  /** Four per field: start and end of the name, start and end of the value without white space around it */
  fields: Int32Array;
  /** Number of the field, or -1 */
  hostField: number;
  /** Bytes, or -1 = not said */
  contentLength: number;
  chunked: boolean;
  /** `Connection: close` */
  close: boolean;
  /** `Connection: keep-alive` */
  keepAlive: boolean;
  /** `Connection` names more fields of this hop */
  nominates: boolean;
  /** `Expect: 100-continue` */
  expectsContinue: boolean;
  upgrade: boolean;
}

export function emptyHead(): Head {
  return {
    method: '',
    targetStart: 0,
    targetEnd: 0,
    status: 0,
    reasonStart: 0,
    reasonEnd: 0,
    minor: 1,
    fieldCount: 0,
    fields: new Int32Array(4 * 16),
    hostField: -1,
    contentLength: -1,
    chunked: false,
    close: false,
    keepAlive: false,
    nominates: false,
    expectsContinue: false,
    upgrade: false,
  };
}

/** What is said of a message's fields before any is read. */
export function clearFields(head: Head): void {
  head.fieldCount = 0;
  head.hostField = -1;
  head.contentLength = -1;
  head.chunked = false;
  head.close = false;
  head.keepAlive = false;
  head.nominates = false;
  head.expectsContinue = false;
  head.upgrade = false;
}

/** Room for one more field of four numbers. */
export function growFields(head: Head): Int32Array {
  const grown = new Int32Array(head.fields.length * 2);
  grown.set(head.fields);
  head.fields = grown;
  return grown;
}
