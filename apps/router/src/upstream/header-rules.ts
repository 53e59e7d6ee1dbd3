/**
 * Headers of one hop (RFC 9110 §7.6.1) and those that only mean something between neighbours. Framing headers are among them:
 * each side is framed anew from what was parsed, never by copying.
 */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** Set by this gateway towards the upstream, or answered by it; a client's own values do not pass. */
const OWN_REQUEST_HEADERS = new Set([
  'content-length',
  'expect',
  'host',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-request-id',
]);

/** Says of a lower-case name whether it stays behind; `connection` is the value of that header, which names more of them. */
export function requestHeaderFilter(connection: string | undefined): (name: string) => boolean {
  const nominated = nominatedBy(connection);
  return (name) => HOP_BY_HOP.has(name) || OWN_REQUEST_HEADERS.has(name) || nominated.has(name);
}

export function responseHeaderFilter(connection: string | undefined): (name: string) => boolean {
  const nominated = nominatedBy(connection);
  // Content-Length frames a body that is passed on byte for byte: it stays, whoever nominates it.
  return (name) => HOP_BY_HOP.has(name) || (name !== 'content-length' && nominated.has(name));
}

const NONE: ReadonlySet<string> = new Set();

function nominatedBy(connection: string | undefined): ReadonlySet<string> {
  if (connection === undefined || connection === 'keep-alive' || connection === 'close') return NONE;
  return new Set(
    connection
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  );
}
