import { STATUS_CODES, validateHeaderName, validateHeaderValue } from 'node:http';

import type { Head } from '@tidegate/http1';

import { lowerCase } from '../exchange/sendable.ts';
import { ANSWER_FIELD_NAMES, responseHeaderFilter } from '../upstream/header-rules.ts';
import { isOneOf, joinedValues, lowerName, nameSet, nameSieve } from './field-bytes.ts';
import { putBytes, putText } from './scratch.ts';

/** How the body behind a head is framed. "as-said" = by the Content-Length among its fields, or there is none. */
export type AnswerFraming = 'as-said' | 'chunked';

/** What every answer of this router says at its end. */
export interface AnswerEnd {
  readonly serverHeader: string;
  readonly date: string;
  /** The connection ends with this answer */
  readonly close: boolean;
}

const SIEVE = nameSieve([...ANSWER_FIELD_NAMES, 'content-length', 'date']);
const DROPPED = nameSet(ANSWER_FIELD_NAMES);
const DATE = nameSet(['date']);
const CONTENT_LENGTH = nameSet(['content-length']);

/** What policies did to an answer's fields. */
export interface AnswerEdit {
  /** Lower-case names whose fields stay behind */
  readonly without: readonly string[];
  readonly added: readonly (readonly [name: string, value: string])[];
}

interface PassedAnswer {
  readonly framing: AnswerFraming;
  readonly edit: AnswerEdit;
  readonly end: AnswerEnd;
}

/** Composes an upstream's head for the client without making strings of it. `headEnd` is behind its empty line. */
export function putPassedHead(bytes: Buffer, head: Head, headEnd: number, { framing, edit, end }: PassedAnswer): void {
  const { without, added } = edit;
  const { fields, fieldCount, nominates, status } = head;
  const fieldsEnd = headEnd - 2;
  const lineStart = statusLineStart(bytes, head);
  if (lineStart < 0) putText(`HTTP/1.1 ${status} \r\n`);
  const nominated = nominates ? responseHeaderFilter(joinedValues(bytes, head, 'connection')) : null;
  let dated = false;
  const fieldsStart = fieldCount === 0 ? fieldsEnd : (fields[0] as number);
  let runStart = lineStart < 0 ? fieldsStart : lineStart;
  for (let field = 0; field < fieldCount; field++) {
    const nameStart = fields[field * 4] as number;
    const nameEnd = fields[field * 4 + 1] as number;
    const removed = without.length > 0 && isOneOf(without, bytes, nameStart, nameEnd);
    if (!removed && nominated === null && !SIEVE.catches(bytes, nameStart, nameEnd)) continue;
    const isLength = CONTENT_LENGTH.has(bytes, nameStart, nameEnd);
    // What frames the body is not for policies to say. A 204 must not have a length (RFC 9110 §8.6): clients would wait for a body.
    const drops = isLength
      ? status === 204
      : removed || DROPPED.has(bytes, nameStart, nameEnd) || nominated?.(lowerName(bytes, head, field)) === true;
    if (!drops && DATE.has(bytes, nameStart, nameEnd)) dated = true;
    if (!drops) continue;
    putBytes(bytes, runStart, nameStart);
    runStart = field + 1 < fieldCount ? (fields[field * 4 + 4] as number) : fieldsEnd;
  }
  putBytes(bytes, runStart, fieldsEnd);
  let lines = '';
  for (const [name, value] of added) {
    const lower = lowerCase(name);
    if (FRAMING.has(lower)) continue;
    if (lower === 'date') dated = true;
    lines += `${name}: ${value}\r\n`;
  }
  if (framing === 'chunked') lines += 'transfer-encoding: chunked\r\n';
  if (lines !== '') putText(lines);
  const last = endLines(end, dated);
  putBytes(last, 0, last.length);
}

/** Where the upstream's own status line can be taken over from; -1 = it is of another version, or without a reason and its space. */
function statusLineStart(bytes: Buffer, { minor, reasonStart }: Head): number {
  return minor === 1 && bytes[reasonStart - 1] === SPACE ? reasonStart - 'HTTP/1.1 200 '.length : -1;
}

const SPACE = 0x20;

const FRAMING = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive']);

export interface OwnHead {
  readonly status: number;
  /** `undefined` = the usual one */
  readonly statusText: string | undefined;
  /** Flat name, value, name, value; what they say of framing and connection is not believed */
  readonly rawHeaders: readonly string[];
  /** Value of Content-Length; `null` = none, or chunked */
  readonly length: string | null;
  readonly framing: AnswerFraming;
  readonly end: AnswerEnd;
}

/** Composes a head from strings. Throws, before anything is composed, for what cannot be sent. */
export function putOwnHead({ status, statusText, rawHeaders, length, framing, end }: OwnHead): void {
  if (!Number.isInteger(status) || status < 200 || status > 999) throw new Error(`an answer cannot have status ${status}`);
  const reason = statusText === undefined || statusText === '' ? (STATUS_CODES[status] ?? '') : statusText;
  let lines = '';
  let dated = false;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] as string;
    const value = rawHeaders[index + 1] as string;
    const lower = name.toLowerCase();
    if (FRAMING.has(lower)) continue;
    validateHeaderName(name);
    validateHeaderValue(name, value);
    if (lower === 'date') dated = true;
    lines += `${name}: ${value}\r\n`;
  }
  if (length !== null) lines += `content-length: ${length}\r\n`;
  if (framing === 'chunked') lines += 'transfer-encoding: chunked\r\n';
  putText(`HTTP/1.1 ${status} ${reason}\r\n${lines}`);
  const last = endLines(end, dated);
  putBytes(last, 0, last.length);
}

/** The last ones: almost every answer of a second ends like the one before. */
let lastEnd = { serverHeader: '', date: '', close: false, dated: false, lines: Buffer.alloc(0) };

function endLines({ serverHeader, date, close }: AnswerEnd, dated: boolean): Buffer {
  const last = lastEnd;
  if (last.date === date && last.close === close && last.dated === dated && last.serverHeader === serverHeader) return last.lines;
  const lines = Buffer.from(composeEnd({ serverHeader, date, close }, dated), 'latin1');
  lastEnd = { serverHeader, date, close, dated, lines };
  return lines;
}

function composeEnd({ serverHeader, date, close }: AnswerEnd, dated: boolean): string {
  return `server: ${serverHeader}\r\n${dated ? '' : `date: ${date}\r\n`}${close ? 'connection: close\r\n' : ''}\r\n`;
}
