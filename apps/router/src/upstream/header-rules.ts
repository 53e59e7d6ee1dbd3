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

/** More ways to claim where a request came from: passed on for trusted proxies alone. */
const CLAIMED_ORIGIN = /^(?:x-forwarded-.*|forwarded|x-real-ip)$/;

/** Names of which requestHeaderFilter may say that they stay behind, besides those of CLAIMED_ORIGIN and nominated ones */
export const REQUEST_FIELD_NAMES: readonly string[] = [...HOP_BY_HOP, ...OWN_REQUEST_HEADERS];
/** The same of an answer; `server` is this gateway's own */
export const ANSWER_FIELD_NAMES: readonly string[] = [...HOP_BY_HOP, 'server'];

export interface RequestHeaderRules {
  /** Value of `Connection`, which nominates more fields of this hop */
  readonly connection: string | undefined;
  /** The peer is a trusted proxy */
  readonly trusted: boolean;
}

/**
 * Says of a lower-case name whether it stays behind. Underscores count as hyphens where they would disguise one of the fields
 * that must not pass: upstreams that turn names into variables (CGI, WSGI) cannot tell the two apart.
 */
export function requestHeaderFilter({ connection, trusted }: RequestHeaderRules): (name: string) => boolean {
  const nominated = nominatedBy(connection);
  return (name) => {
    const plain = name.includes('_') ? name.replaceAll('_', '-') : name;
    if (HOP_BY_HOP.has(plain) || OWN_REQUEST_HEADERS.has(plain) || nominated.has(name)) return true;
    return !trusted && CLAIMED_ORIGIN.test(plain);
  };
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
