import { constants, type ServerHttp2Stream } from 'node:http2';

import type { ClientLink } from '../listener/client-address.ts';
import type { NodeRequestHost } from '../listener/handle-request.ts';
import { OpenRequest } from '../listener/open-request.ts';
import { closeRequest, refuseRequest, serveRequest } from '../listener/serve-request.ts';
import { isRefusal } from '../listener/strictness.ts';
import { http2Carrier } from './http2-carrier.ts';
import { readRequest } from './read-request.ts';

export interface StreamArrival {
  /** Flat name, value, name, value as received, with the pseudo-header fields */
  readonly fields: readonly string[];
  readonly link: ClientLink;
  readonly host: NodeRequestHost;
}

/** One request of an HTTP/2 connection, from its header block to its access line. */
export function handleStream(stream: ServerHttp2Stream, { fields, link, host }: StreamArrival): void {
  const request = readRequest(fields);
  const carrier = http2Carrier({ stream, request, style: host.style });
  const opened = new OpenRequest({
    method: request.method,
    host: request.host,
    peer: link.peer,
    presentedId: carrier.header('x-request-id'),
  });
  // A client that resets the stream: `close` follows, and the access line says so.
  stream.on('error', () => undefined);
  stream.once('close', () => {
    const status = stream.headersSent ? Number(stream.sentHeaders[':status']) : 0;
    const aborted = stream.rstCode !== constants.NGHTTP2_NO_ERROR || !stream.writableFinished;
    // What runs for this exchange says why first.
    if (aborted) setImmediate(() => closeRequest(opened, { status, aborted }, host));
    else closeRequest(opened, { status, aborted }, host);
  });
  // The rest of a body that nobody wants: the answer is whole, the client may stop sending (RFC 9113 §8.1).
  stream.once('finish', () => {
    if (!stream.endAfterHeaders && !stream.readableEnded) stream.close(constants.NGHTTP2_NO_ERROR);
  });
  if (isRefusal(request.admitted)) return refuseRequest(opened, request.admitted, carrier);
  serveRequest(opened, { admitted: request.admitted, carrier, link, upgrade: null, host });
}
