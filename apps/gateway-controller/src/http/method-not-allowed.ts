import type { FastifyRequest } from 'fastify';

import { methodsAt } from './access.ts';
import { ApiError } from './api-error.ts';

/** A path that exists, asked with a method it does not know: 405 with `Allow` in place of the router's 404 (RFC 9110 §15.5.6). */
export function methodNotAllowed(request: FastifyRequest, error: unknown): unknown {
  const methods = methodsAt(request.url.split('?', 1)[0] as string);
  if (error instanceof ApiError || methods.length === 0) return error;
  const allow = methods.join(', ');
  return new ApiError(405, 'method_not_allowed', `${request.method} is not allowed here; use ${allow}`, {
    headers: { Allow: allow },
  });
}
