/** What a handler says; the server turns it into bytes (or, on request, misbehaves with it). */
export type Answer = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
};

/** A request as handlers see it: read whole, its path split from its query. */
export type SimulatedRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** names in lower case; repeated ones joined as Node does */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  readonly remoteAddress: string;
};

export function json(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status, headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(value) };
}

export function text(status: number, value: string): Answer {
  return { status, headers: { 'content-type': 'text/plain' }, body: value };
}

export function binary(contentType: string, body: Buffer, headers: Readonly<Record<string, string>> = {}): Answer {
  return { status: 200, headers: { 'content-type': contentType, ...headers }, body };
}

/** An error as APIM's publisher words it (reference §8). The code is 900000 + the HTTP status unless said otherwise. */
export function publisherError(status: number, description: string, code = 900_000 + status): Answer {
  const message = titles[status] ?? 'Internal Server Error';
  return json(status, { code, message, description, moreInfo: '', error: [] });
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthenticated request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  406: 'Not Acceptable',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
};
