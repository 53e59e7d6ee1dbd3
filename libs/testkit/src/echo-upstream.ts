import { createServer as createHttpServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import { testCertificate } from './test-certificate.ts';

export interface RecordedRequest {
  readonly method: string;
  /** path and query as received */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** name, value, name, value … as received */
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface EchoUpstreamOptions {
  /** default false; true makes a certificate of its own for localhost, 127.0.0.1 and these names (see `ca`) */
  readonly tls?: boolean | { readonly names: readonly string[] };
  /** default: 200 and the request as JSON */
  readonly answer?: (request: RecordedRequest, response: ServerResponse) => void | Promise<void>;
  readonly port?: number;
  /** default: loopback */
  readonly host?: string;
}

export interface EchoUpstream {
  /** without a trailing slash */
  readonly url: string;
  readonly port: number;
  /** PEM to trust, '' without TLS */
  readonly ca: string;
  readonly requests: readonly RecordedRequest[];
  close(): Promise<void>;
}

/** A real upstream that answers what it got and remembers it. */
export async function echoUpstream(options: EchoUpstreamOptions = {}): Promise<EchoUpstream> {
  const requests: RecordedRequest[] = [];
  const answer = options.answer ?? echo;
  const listener = (incoming: IncomingMessage, response: ServerResponse): void => {
    record(incoming)
      .then((request) => {
        requests.push(request);
        return answer(request, response);
      })
      .catch((error: unknown) => response.destroy(error instanceof Error ? error : new Error(String(error))));
  };
  const certificate = options.tls ? await testCertificate(options.tls === true ? [] : options.tls.names) : null;
  const server = certificate
    ? createHttpsServer({ key: certificate.private, cert: certificate.cert }, listener)
    : createHttpServer(listener);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, options.host ?? '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo; // a listening TCP server has one
  return {
    url: `${certificate ? 'https' : 'http'}://${options.host ?? 'localhost'}:${port}`,
    port,
    ca: certificate?.cert ?? '',
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function record(incoming: IncomingMessage): Promise<RecordedRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  return {
    method: incoming.method ?? '',
    url: incoming.url ?? '',
    headers: incoming.headers,
    rawHeaders: incoming.rawHeaders,
    body: Buffer.concat(chunks).toString('utf8'),
  };
}

function echo(request: RecordedRequest, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(request));
}
