import { CLASS, CR, HEX, LF, TEXT, TOKEN } from './bytes.ts';
import { type Fault, FAULTS } from './fault.ts';
import { emptyHead } from './head.ts';
import { parseFields } from './parse-fields.ts';

/** Extensions of all chunks of a body together; they are dropped, so nobody needs long ones (CVE-2024-22019). */
const EXTENSION_BYTES_MAX = 1024;
/** Trailers are dropped too. */
const TRAILER_BYTES_MAX = 8 * 1024;
/** 2^52: exact, and more than anybody sends */
const SIZE_DIGITS_MAX = 13;

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;

type State = 'size' | 'extension' | 'quoted' | 'unquoted' | 'size-lf' | 'data' | 'data-cr' | 'data-lf' | 'trailer';

/**
 * Takes a chunked body apart (RFC 9112 §7.1), however its bytes are cut. After each `read` a run of body bytes stands between
 * `dataStart` and `dataEnd` of the given bytes (often empty); `done` and `fault` say whether to go on. A class because it is
 * state with a life cycle of one body.
 */
export class ChunkedBody {
  dataStart = 0;
  dataEnd = 0;
  done = false;
  fault: Fault | null = null;
  #state: State = 'size';
  #size = 0;
  #digits = 0;
  #extensionBytes = 0;
  #extensionByte = SEMICOLON;
  /** Of the trailer section, kept until it is whole */
  #trailer: number[] = [];

  /** Reads until a run of data, the end, or the end of the bytes; returns how far it came. */
  read(bytes: Uint8Array, start: number, end: number): number {
    this.dataStart = this.dataEnd = start;
    let at = start;
    while (at < end && !this.done && this.fault === null) {
      if (this.#state === 'data') {
        const stop = Math.min(end, at + this.#size);
        this.dataStart = at;
        this.dataEnd = stop;
        this.#size -= stop - at;
        if (this.#size === 0) this.#state = 'data-cr';
        return stop;
      }
      this.#readByte(bytes[at] as number);
      at++;
    }
    return at;
  }

  #readByte(byte: number): void {
    switch (this.#state) {
      case 'size':
        return this.#readSize(byte);
      case 'extension':
      case 'quoted':
      case 'unquoted':
        return this.#readExtension(byte);
      case 'size-lf':
        return this.#endSize(byte);
      case 'data-cr':
        return this.#expect(byte, CR, 'data-lf');
      case 'data-lf':
        this.#digits = 0;
        return this.#expect(byte, LF, 'size');
      case 'trailer':
        return this.#readTrailer(byte);
      default:
        throw new Error('data is read in runs');
    }
  }

  #readSize(byte: number): void {
    if (((CLASS[byte] as number) & HEX) !== 0) {
      this.#size = this.#size * 16 + Number.parseInt(String.fromCharCode(byte), 16);
      this.#digits++;
      if (this.#digits > SIZE_DIGITS_MAX) this.fault = FAULTS.chunkSize;
    } else if (this.#digits === 0) this.fault = FAULTS.chunkSize;
    else if (byte === CR) this.#state = 'size-lf';
    else if (byte === SEMICOLON) {
      this.#state = 'extension';
      this.#extensionByte = byte;
    } else this.fault = FAULTS.chunkSize;
  }

  /** `*( ";" name [ "=" ( token / quoted-string ) ] )`; a name is due behind each semicolon. RFC 9112 §7.1.1 */
  #readExtension(byte: number): void {
    const before = this.#extensionByte;
    this.#extensionByte = byte;
    if (++this.#extensionBytes > EXTENSION_BYTES_MAX) this.fault = FAULTS.chunkExtension;
    else if (this.#state === 'quoted') {
      if (byte === QUOTE) this.#state = 'unquoted';
      else if (byte === BACKSLASH || ((CLASS[byte] as number) & TEXT) === 0) this.fault = FAULTS.chunkExtension;
    } else if (byte === CR && isEnd(before)) this.#state = 'size-lf';
    else if (byte === SEMICOLON && isEnd(before)) this.#state = 'extension';
    else if (this.#state === 'unquoted') this.fault = FAULTS.chunkExtension;
    else if (byte === QUOTE && before === EQUALS) this.#state = 'quoted';
    else if (byte === EQUALS && isToken(before)) return;
    else if (!isToken(byte)) this.fault = FAULTS.chunkExtension;
  }

  #endSize(byte: number): void {
    if (byte !== LF) this.fault = FAULTS.chunkSize;
    else this.#state = this.#size === 0 ? 'trailer' : 'data';
  }

  #expect(byte: number, wanted: number, next: State): void {
    if (byte === wanted) this.#state = next;
    else this.fault = FAULTS.chunkEnd;
  }

  /** The section ends with an empty line; only then is it looked at. */
  #readTrailer(byte: number): void {
    const trailer = this.#trailer;
    trailer.push(byte);
    if (trailer.length > TRAILER_BYTES_MAX) this.fault = FAULTS.trailer;
    if (byte !== LF) return;
    const head = emptyHead();
    const parsed = parseFields(Uint8Array.from(trailer), 0, trailer.length, head);
    // RFC 9110 §6.5.1: what frames or routes a message has no business behind it.
    if (typeof parsed !== 'number' || head.contentLength >= 0 || head.chunked || head.hostField >= 0) this.fault = FAULTS.trailer;
    else if (parsed > 0) this.done = true;
  }
}

function isToken(byte: number): boolean {
  return ((CLASS[byte] as number) & TOKEN) !== 0;
}

/** May an extension end behind this byte? */
function isEnd(byte: number): boolean {
  return byte === QUOTE || isToken(byte);
}
