import { CLASS, COLON, CR, HOST_NAME, HTAB, LF, plainNumber, SP, spells, TEXT, TOKEN } from './bytes.ts';
import { type Fault, FAULTS } from './fault.ts';
import { FIELDS_MAX, growFields, type Head } from './head.ts';

/** Where the field block ends (behind its empty line); 0 = more bytes are needed; else what is wrong. */
export type Parsed = number | Fault;

/** Reads field lines up to the empty one and notes what frames the message. RFC 9110 §5, RFC 9112 §5. */
export function parseFields(bytes: Uint8Array, start: number, end: number, head: Head): Parsed {
  let at = start;
  let { fields } = head;
  for (;;) {
    if (at >= end) return 0;
    if (bytes[at] === CR) {
      if (at + 1 >= end) return 0;
      return bytes[at + 1] === LF ? at + 2 : FAULTS.lineEnd;
    }
    const nameStart = at;
    while (at < end && ((CLASS[bytes[at] as number] as number) & TOKEN) !== 0) at++;
    if (at >= end) return 0;
    if (bytes[at] !== COLON || at === nameStart) return nameFault(bytes, nameStart, at);
    const nameEnd = at;
    at++;
    while (at < end && (bytes[at] === SP || bytes[at] === HTAB)) at++;
    const valueStart = at;
    while (at < end && ((CLASS[bytes[at] as number] as number) & TEXT) !== 0) at++;
    if (at + 1 >= end) return at < end && bytes[at] !== CR ? valueFault(bytes[at] as number) : 0;
    if (bytes[at] !== CR) return valueFault(bytes[at] as number);
    if (bytes[at + 1] !== LF) return FAULTS.lineEnd;
    let valueEnd = at;
    while (valueEnd > valueStart && isBlank(bytes[valueEnd - 1] as number)) valueEnd--;
    at += 2;

    const { fieldCount } = head;
    if (fieldCount === FIELDS_MAX) return FAULTS.tooManyFields;
    const slot = fieldCount * 4;
    if (slot === fields.length) fields = growFields(head);
    fields[slot] = nameStart;
    fields[slot + 1] = nameEnd;
    fields[slot + 2] = valueStart;
    fields[slot + 3] = valueEnd;
    head.fieldCount = fieldCount + 1;
    const fault = noteField(bytes, slot, head);
    if (fault !== null) return fault;
  }
}

function isBlank(byte: number): boolean {
  return byte === SP || byte === HTAB;
}

function nameFault(bytes: Uint8Array, nameStart: number, at: number): Fault {
  if (at > nameStart) return FAULTS.fieldName;
  const byte = bytes[at];
  if (byte === LF) return FAULTS.lineEnd;
  return byte === SP || byte === HTAB ? FAULTS.folded : FAULTS.fieldName;
}

function valueFault(byte: number): Fault {
  return byte === LF ? FAULTS.lineEnd : FAULTS.fieldValue;
}

/** Names of six lengths matter; the others are passed over. */
function noteField(bytes: Uint8Array, slot: number, head: Head): Fault | null {
  const { fields } = head;
  const nameStart = fields[slot] as number;
  const nameEnd = fields[slot + 1] as number;
  switch (nameEnd - nameStart) {
    case 4:
      return spells(bytes, nameStart, nameEnd, 'host') ? noteHost(bytes, slot, head) : null;
    case 6:
      return head.status === 0 && spells(bytes, nameStart, nameEnd, 'expect') ? noteExpect(bytes, slot, head) : null;
    case 7:
      if (spells(bytes, nameStart, nameEnd, 'upgrade')) head.upgrade = true;
      return null;
    case 10:
      if (spells(bytes, nameStart, nameEnd, 'connection')) noteConnection(bytes, slot, head);
      return null;
    case 14:
      return spells(bytes, nameStart, nameEnd, 'content-length') ? noteLength(bytes, slot, head) : null;
    case 17:
      return spells(bytes, nameStart, nameEnd, 'transfer-encoding') ? noteCoding(bytes, slot, head) : null;
    default:
      return null;
  }
}

function noteHost(bytes: Uint8Array, slot: number, head: Head): Fault | null {
  if (head.status !== 0) return null;
  if (head.hostField >= 0) return FAULTS.hosts;
  head.hostField = slot / 4;
  return isHost(bytes, head.fields[slot + 2] as number, head.fields[slot + 3] as number) ? null : FAULTS.host;
}

/** `uri-host [":" port]`, neither empty nor with user information. RFC 9110 §7.2 */
function isHost(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  if (bytes[at] === 0x5b) {
    at++;
    while (at < end && isAddressByte(bytes[at] as number)) at++;
    if (at === start + 1 || at >= end || bytes[at] !== 0x5d) return false;
    at++;
  } else {
    while (at < end && ((CLASS[bytes[at] as number] as number) & HOST_NAME) !== 0) at++;
    if (at === start) return false;
  }
  if (at === end) return true;
  if (bytes[at] !== COLON || end - at > 6) return false;
  return plainNumber(bytes, at + 1, end) >= 0;
}

/** Of an IPv6 address in brackets */
function isAddressByte(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x3a) || byte === 0x2e || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}

function noteExpect(bytes: Uint8Array, slot: number, head: Head): Fault | null {
  const { fields } = head;
  if (head.expectsContinue) return FAULTS.expectation;
  head.expectsContinue = spells(bytes, fields[slot + 2] as number, fields[slot + 3] as number, '100-continue');
  return head.expectsContinue ? null : FAULTS.expectation;
}

/** Almost always one word; a list is split, and what it names beyond the two words is left to the reader of the fields. */
function noteConnection(bytes: Uint8Array, slot: number, head: Head): void {
  const end = head.fields[slot + 3] as number;
  let at = head.fields[slot + 2] as number;
  while (at < end) {
    let stop = at;
    while (stop < end && bytes[stop] !== 0x2c) stop++;
    let from = at;
    let to = stop;
    while (from < to && isBlank(bytes[from] as number)) from++;
    while (to > from && isBlank(bytes[to - 1] as number)) to--;
    if (spells(bytes, from, to, 'close')) head.close = true;
    else if (spells(bytes, from, to, 'keep-alive')) head.keepAlive = true;
    else if (to > from) head.nominates = true;
    at = stop + 1;
  }
}

function noteLength(bytes: Uint8Array, slot: number, head: Head): Fault | null {
  if (head.contentLength >= 0) return FAULTS.repeatedFraming;
  if (head.chunked) return FAULTS.twoFramings;
  head.contentLength = plainNumber(bytes, head.fields[slot + 2] as number, head.fields[slot + 3] as number);
  return head.contentLength < 0 ? FAULTS.contentLength : null;
}

function noteCoding(bytes: Uint8Array, slot: number, head: Head): Fault | null {
  if (head.chunked) return FAULTS.repeatedFraming;
  if (head.contentLength >= 0) return FAULTS.twoFramings;
  const end = head.fields[slot + 3] as number;
  // A tab behind it is white space by the grammar; not every parser thinks so.
  head.chunked = bytes[end] !== HTAB && spells(bytes, head.fields[slot + 2] as number, end, 'chunked');
  if (!head.chunked) return FAULTS.transferCoding;
  return head.minor === 0 ? FAULTS.codingInHttp10 : null;
}
