import type { Head } from '@tidegate/http1';

import type { Forwarding } from '../exchange/carrier.ts';
import type { Received } from '../exchange/running-exchange.ts';
import type { UpstreamRewrite } from '../exchange/upstream-rewrite.ts';
import { REQUEST_FIELD_NAMES, requestHeaderFilter } from '../upstream/header-rules.ts';
import { fieldValue, isOneOf, joinedValues, lowerName, nameSet, nameSieve } from './field-bytes.ts';
import { putBytes, putText } from './scratch.ts';

const DROPPED = nameSet(REQUEST_FIELD_NAMES);
const SIEVE = nameSieve([...REQUEST_FIELD_NAMES, 'forwarded', 'x-real-ip', 'traceparent', 'tracestate']);

export interface ReceivedHead {
  readonly bytes: Buffer;
  readonly head: Head;
  /** Behind the empty line */
  readonly end: number;
}

/** How the body that goes upstream is framed: a field with its line end, or "". */
function framingOf({ body, method }: Forwarding, { chunked, contentLength }: Head): string {
  if (body.is === 'streamed' && chunked) return 'transfer-encoding: chunked\r\n';
  if (body.is === 'whole') return `content-length: ${body.bytes.byteLength}\r\n`;
  if (body.is === 'streamed') return `content-length: ${contentLength}\r\n`;
  // RFC 9110 §8.6: methods that usually have a body say that there is none.
  return contentLength === 0 || method === 'POST' || method === 'PUT' || method === 'PATCH' ? 'content-length: 0\r\n' : '';
}

/** Composes the head that goes upstream. */
export function putRequestHead(call: Forwarding, received: ReceivedHead): void {
  const framing = framingOf(call, received.head);
  const { exchange, host, method, target } = call;
  const { forwarded, requestId, trace } = exchange.received;
  const changes = editOf(exchange.rewritten?.headerChanges ?? NO_CHANGES);
  if (changes === null) return putChangedHead(call, received, framing);
  putText(
    `${method} ${target} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\nx-request-id: ${requestId}\r\n` +
      `x-forwarded-for: ${forwarded.forwardedFor}\r\nx-forwarded-proto: ${forwarded.proto}\r\n` +
      `x-forwarded-host: ${forwarded.forwardedHost}\r\n${trace === null ? '' : `traceparent: ${trace.traceparent}\r\n`}${framing}${changes.lines}`,
  );
  putKept(call, received, changes.without);
  putText('\r\n');
}

/** What policies did to the fields of a request, as far as it concerns the client's own. */
interface FieldEdit {
  /** Names whose fields stay behind */
  readonly without: readonly string[];
  /** Fields to add, with their line ends */
  readonly lines: string;
}

const NO_CHANGES: readonly never[] = [];
const NO_EDIT: FieldEdit = { without: [], lines: '' };
/** Said by this gateway: a policy that has its own idea of them takes the way with strings. */
const SAID_HERE = new Set(['host', 'x-request-id', 'x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host', 'traceparent']);

/** `null` = they changed what this gateway says */
function editOf(changes: Readonly<UpstreamRewrite['headerChanges']>): FieldEdit | null {
  if (changes.length === 0) return NO_EDIT;
  const without: string[] = [];
  let added: (readonly [name: string, value: string])[] = [];
  for (const [what, name, value] of changes) {
    if (SAID_HERE.has(name)) return null;
    if (what !== 'append') {
      without.push(name);
      if (added.length > 0) added = added.filter(([other]) => other !== name);
    }
    if (what !== 'remove' && !FRAMING.has(name)) added.push([name, value]);
  }
  return { without, lines: added.map(([name, value]) => `${name}: ${value}\r\n`).join('') };
}

/** The client's own fields, in runs between those that stay behind. */
function putKept({ exchange }: Forwarding, { bytes, head, end }: ReceivedHead, without: readonly string[]): void {
  const { fields, fieldCount, nominates } = head;
  const fieldsEnd = end - 2;
  let stays: ((name: string) => boolean) | null = null;
  let runStart = fieldCount === 0 ? fieldsEnd : (fields[0] as number);
  for (let field = 0; field < fieldCount; field++) {
    const nameStart = fields[field * 4] as number;
    const nameEnd = fields[field * 4 + 1] as number;
    if (!isOneOf(without, bytes, nameStart, nameEnd) && !DROPPED.has(bytes, nameStart, nameEnd)) {
      if (!nominates && !SIEVE.catches(bytes, nameStart, nameEnd) && !isForwardedStar(bytes, nameStart, nameEnd)) continue;
      stays ??= filterOf(exchange.received, { bytes, head });
      if (!stays(lowerName(bytes, head, field))) continue;
    }
    putBytes(bytes, runStart, nameStart);
    runStart = field + 1 < fieldCount ? (fields[field * 4 + 4] as number) : fieldsEnd;
  }
  putBytes(bytes, runStart, fieldsEnd);
}

/** May this be one of X-Forwarded-*, which have no fixed length? Underscores count as hyphens. */
function isForwardedStar(bytes: Buffer, start: number, end: number): boolean {
  return end - start > 11 && ((bytes[start] as number) | 0x20) === 0x78 && ((bytes[start + 2] as number) | 0x20) === 0x66;
}

const PLAIN = requestHeaderFilter({ connection: undefined, trusted: false });
const PLAIN_TRUSTED = requestHeaderFilter({ connection: undefined, trusted: true });

function filterOf({ forwarded, trace }: Received, { bytes, head }: { bytes: Buffer; head: Head }): (name: string) => boolean {
  const { trusted } = forwarded;
  const plain = head.nominates
    ? requestHeaderFilter({ connection: joinedValues(bytes, head, 'connection'), trusted })
    : trusted
      ? PLAIN_TRUSTED
      : PLAIN;
  if (trace === null) return plain;
  return (name) => name === 'traceparent' || (name === 'tracestate' && trace.parentSpanId === null) || plain(name);
}

/** The way with strings, for what policies seldom do. */
function putChangedHead({ exchange, host, method, target }: Forwarding, { bytes, head }: ReceivedHead, framing: string): void {
  const { forwarded, requestId, trace } = exchange.received;
  const stays = filterOf(exchange.received, { bytes, head });
  let fields: (readonly [name: string, value: string])[] = [['host', host]];
  for (let field = 0; field < head.fieldCount; field++) {
    const name = lowerName(bytes, head, field);
    if (!stays(name)) fields.push([name, fieldValue(bytes, head, field)]);
  }
  fields.push(['x-request-id', requestId], ['x-forwarded-for', forwarded.forwardedFor]);
  fields.push(['x-forwarded-proto', forwarded.proto], ['x-forwarded-host', forwarded.forwardedHost]);
  if (trace !== null) fields.push(['traceparent', trace.traceparent]);
  for (const [what, name, value] of exchange.rewritten?.headerChanges ?? []) {
    if (what !== 'append') fields = fields.filter(([other]) => other !== name);
    if (what !== 'remove') fields.push([name, value]);
  }
  // What frames a message is not for policies to say.
  const lines = fields.filter(([name]) => !FRAMING.has(name)).map(([name, value]) => `${name}: ${value}\r\n`);
  putText(`${method} ${target} HTTP/1.1\r\n${lines.join('')}connection: keep-alive\r\n${framing}\r\n`);
}

const FRAMING = new Set(['content-length', 'transfer-encoding', 'connection']);
