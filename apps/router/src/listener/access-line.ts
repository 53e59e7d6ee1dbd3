/** What the access line says of one request. Never the query: it may carry keys. */
export interface AccessEntry {
  readonly requestId: string;
  /** 32 hex digits; `null` = trace context is off, or the request was refused before it was read */
  readonly traceId: string | null;
  readonly client: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly status: number;
  /** API handle; `null` = no route */
  readonly api: string | null;
  readonly route: string | null;
  readonly upstream: string | null;
  /** From asking the upstream to the head of its answer, or to its failure; `null` = none was asked */
  readonly upstreamMs: number | null;
  /** Who called, as an authentication policy says */
  readonly subject: string | null;
  readonly durationMs: number;
  /** Why a request was refused or its upstream failed; `null` = nothing to say */
  readonly reason: string | null;
  /** The answer did not reach its end */
  readonly aborted: boolean;
  /** Bytes that passed after a switch of protocols (WebSocket); `null` = there was none, and the line says nothing of it */
  readonly tunnel: { readonly up: number; readonly down: number } | null;
}

/**
 * Put together by hand: JSON.stringify over a fresh object takes several times as long, for every request. What neighbouring
 * requests mostly have in common is taken over from the line before.
 */
export function jsonLine(time: string, entry: AccessEntry): string {
  const { upstreamMs, subject, reason } = entry;
  return (
    `{"time":"${time}","type":"access","requestId":${quoted(entry.requestId)},"traceId":${quoted(entry.traceId)}` +
    `${whoAsked(entry)}${quoted(entry.path)},"status":${entry.status}${whatServed(entry)}` +
    `${upstreamMs === null ? 'null' : decimal(upstreamMs)},"subject":${quoted(subject)},"durationMs":${decimal(entry.durationMs)}` +
    `,"reason":${quoted(reason)},"aborted":${entry.aborted}` +
    (entry.tunnel === null ? '}' : `,"tunnel":{"up":${entry.tunnel.up},"down":${entry.tunnel.down}}}`)
  );
}

let asked = { client: '', method: '', host: '', text: '' };

function whoAsked({ client, method, host }: AccessEntry): string {
  if (client !== asked.client || method !== asked.method || host !== asked.host || asked.text === '') {
    const text = `,"client":${quoted(client)},"method":${quoted(method)},"host":${quoted(host)},"path":`;
    asked = { client, method, host, text };
  }
  return asked.text;
}

let served: Pick<AccessEntry, 'api' | 'route' | 'upstream'> & { text: string } = { api: '', route: '', upstream: '', text: '' };

function whatServed({ api, route, upstream }: AccessEntry): string {
  if (api !== served.api || route !== served.route || upstream !== served.upstream || served.text === '') {
    const text = `,"api":${quoted(api)},"route":${quoted(route)},"upstream":${quoted(upstream)},"upstreamMs":`;
    served = { api, route, upstream, text };
  }
  return served.text;
}

/** Milliseconds to the microsecond. Numbers with fractions take long to be written; these come from whole ones. */
function decimal(ms: number): string {
  const us = Math.round(ms * 1000);
  return `${Math.floor(us / 1000)}.${THREE_DIGITS[us % 1000]}`;
}

const THREE_DIGITS = Array.from({ length: 1000 }, (_, number) => String(number).padStart(3, '0'));

/** For eyes: `-` = nothing to say. Fields stand in a fixed order; free text comes last or in quotes with JSON's escapes. */
export function textLine(time: string, entry: AccessEntry): string {
  const request = quoted(`${entry.method} ${entry.path}`);
  const state = entry.aborted ? `${entry.status}!` : `${entry.status}`;
  const line =
    `[${time}] ${entry.client} ${quoted(entry.host)} ${request} ${state} ${entry.durationMs}ms ${entry.api ?? '-'} ` +
    `${entry.upstream ?? '-'} ${entry.upstreamMs === null ? '-' : `${entry.upstreamMs}ms`} ` +
    `id=${entry.requestId} trace=${entry.traceId ?? '-'} subject=${quotedOrDash(entry.subject)} reason=${quotedOrDash(entry.reason)}` +
    (entry.tunnel === null ? '' : ` up=${entry.tunnel.up} down=${entry.tunnel.down}`);
  return line.replace(NOT_ASCII, escaped);
}

function quotedOrDash(text: string | null): string {
  return text === null ? '-' : quoted(text);
}

function quoted(text: string | null): string {
  if (text === null) return 'null';
  return isPlain(text) ? `"${text}"` : JSON.stringify(text).replace(NOT_ASCII, escaped);
}

/** Lines are ASCII: every reader understands them, and they are written a byte per character. */
const NOT_ASCII = /[\u007f-\uffff]/g;

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

/** Printable ASCII without what JSON escapes: no line break can come from a client. */
function isPlain(text: string): boolean {
  const { length } = text;
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at);
    if (code < 0x20 || code > 0x7e || code === QUOTE || code === BACKSLASH) return false;
  }
  return true;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
