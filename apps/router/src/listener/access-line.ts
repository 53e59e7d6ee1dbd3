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

/** Put together by hand: JSON.stringify over a fresh object takes several times as long, for every request. */
export function jsonLine(time: string, entry: AccessEntry): string {
  return (
    `{"time":"${time}","type":"access","requestId":${quoted(entry.requestId)},"traceId":${quoted(entry.traceId)}` +
    `,"client":${quoted(entry.client)},"method":${quoted(entry.method)},"host":${quoted(entry.host)},"path":${quoted(entry.path)}` +
    `,"status":${entry.status},"api":${quoted(entry.api)},"route":${quoted(entry.route)}` +
    `,"upstream":${quoted(entry.upstream)},"upstreamMs":${entry.upstreamMs},"subject":${quoted(entry.subject)}` +
    `,"durationMs":${entry.durationMs},"reason":${quoted(entry.reason)},"aborted":${entry.aborted}` +
    (entry.tunnel === null ? '}' : `,"tunnel":{"up":${entry.tunnel.up},"down":${entry.tunnel.down}}}`)
  );
}

/** For eyes: `-` = nothing to say. Fields stand in a fixed order; free text comes last or in quotes with JSON's escapes. */
export function textLine(time: string, entry: AccessEntry): string {
  const request = quoted(`${entry.method} ${entry.path}`);
  const state = entry.aborted ? `${entry.status}!` : `${entry.status}`;
  return (
    `[${time}] ${entry.client} ${quoted(entry.host)} ${request} ${state} ${entry.durationMs}ms ${entry.api ?? '-'} ` +
    `${entry.upstream ?? '-'} ${entry.upstreamMs === null ? '-' : `${entry.upstreamMs}ms`} ` +
    `id=${entry.requestId} trace=${entry.traceId ?? '-'} subject=${quotedOrDash(entry.subject)} reason=${quotedOrDash(entry.reason)}` +
    (entry.tunnel === null ? '' : ` up=${entry.tunnel.up} down=${entry.tunnel.down}`)
  );
}

function quotedOrDash(text: string | null): string {
  return text === null ? '-' : quoted(text);
}

function quoted(text: string | null): string {
  if (text === null) return 'null';
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

/** Printable ASCII without what JSON escapes: no line break can come from a client. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;
