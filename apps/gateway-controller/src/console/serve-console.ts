import { randomBytes } from 'node:crypto';

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { notFound } from '../http/api-error.ts';
import { errorAnswer } from '../http/error-answer.ts';
import type { ConsoleFile, ConsoleFiles } from './console-files.ts';

/** Its routes are open to anyone: the page holds no data, and asks the management API, which asks who it is. */
export const CONSOLE_ROUTES: readonly string[] = ['/console', '/console/*'];

/**
 * The console on the management API's own origin, so that there is no CORS to get wrong. A path below /console/ that is no asset is a
 * page of the console (it reads the path itself); hashed assets are kept for ever, the page never.
 */
export function serveConsole(instance: FastifyInstance, files: ConsoleFiles | null): void {
  instance.get('/console', (_, reply) => reply.redirect('/console/', 308));
  instance.get('/console/*', (request, reply) => {
    if (files === null) return sendPage(reply.status(503), MISSING);
    const path = (request.params as { '*': string })['*'];
    if (!path.startsWith('assets/')) return sendPage(reply, files.page);
    const asset = files.assets.get(path.slice('assets/'.length));
    // A page of an older release asks for what is gone: an error, since a page in its place would be read as a script.
    if (asset !== undefined) return sendAsset(request, reply, asset);
    const { status, body } = errorAnswer(notFound('No such asset; reload the page'), request.id);
    return reply.status(status).type('application/json').send(body);
  });
}

/** Styles that a library makes as it runs carry the nonce; nothing else inline runs, nothing of another origin is loaded or may frame us. */
function sendPage(reply: FastifyReply, page: string): FastifyReply {
  const nonce = randomBytes(16).toString('base64');
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ];
  return reply
    .headers({
      'Content-Security-Policy': policy.join('; '),
      'X-Frame-Options': 'DENY',
      'Referrer-Policy': 'same-origin',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cache-Control': 'no-store',
    })
    .type('text/html; charset=utf-8')
    .send(page.replaceAll('__CSP_NONCE__', nonce));
}

function sendAsset(request: FastifyRequest, reply: FastifyReply, { type, body, gzipped }: ConsoleFile): FastifyReply {
  const zips = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
  if (zips) reply.header('Content-Encoding', 'gzip');
  return reply
    .headers({ 'Cache-Control': 'public, max-age=31536000, immutable', Vary: 'Accept-Encoding' })
    .type(type)
    .send(zips ? gzipped : body);
}

const MISSING = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Tidegate: no console</title></head>
<body><h1>The console was not built</h1><p>This controller runs, but the files of its console are missing. Run <code>npm run build</code>
and start the controller again. The management API and the routers work without it.</p></body></html>`;
