import type { OutgoingHttpHeaders } from 'node:http';

import { requestHeaderFilter } from '../upstream/header-rules.ts';
import type { Forwarding } from './carrier.ts';

interface ReceivedFields {
  /** Value of Connection */
  readonly connection: string | undefined;
  /** Flat name, value, name, value */
  readonly rawHeaders: readonly string[];
}

/** What goes upstream besides framing, for the engines that let node:http write it. */
export function upstreamHeaders(
  { exchange, host }: Pick<Forwarding, 'exchange' | 'host'>,
  { connection, rawHeaders }: ReceivedFields,
): OutgoingHttpHeaders {
  const { forwarded, requestId, trace } = exchange.received;
  // Without a prototype: a field may be named like what an object inherits ("constructor").
  const outgoing: OutgoingHttpHeaders = Object.assign(Object.create(null) as OutgoingHttpHeaders, { host });
  const stays = requestHeaderFilter({ connection, trusted: forwarded.trusted });
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] as string).toLowerCase();
    if (!stays(name)) append(outgoing, name, rawHeaders[index + 1] as string);
  }
  outgoing['x-request-id'] = requestId;
  outgoing['x-forwarded-for'] = forwarded.forwardedFor;
  outgoing['x-forwarded-proto'] = forwarded.proto;
  outgoing['x-forwarded-host'] = forwarded.forwardedHost;
  if (trace !== null) {
    outgoing['traceparent'] = trace.traceparent;
    // A tracestate without a valid traceparent means nothing (W3C Trace Context §3.3.1.3).
    if (trace.parentSpanId === null) delete outgoing['tracestate'];
  }
  for (const [what, name, value] of exchange.rewritten?.headerChanges ?? []) {
    if (what === 'append') append(outgoing, name, value);
    else if (what === 'set') outgoing[name] = value;
    else delete outgoing[name];
  }
  return outgoing;
}

/** Repeated fields stay repeated: joining them is not always the same (Set-Cookie, and what upstreams make of it). */
function append(headers: OutgoingHttpHeaders, name: string, value: string): void {
  const before = headers[name];
  if (before === undefined) headers[name] = value;
  else headers[name] = Array.isArray(before) ? [...before, value] : [String(before), value];
}
