import { CSRF_HEADER } from '@tidegate/management-api';
import type { FastifyReply, FastifyRequest } from 'fastify';

import type { Presented } from '../auth/authentication.ts';
import type { ControllerConfig } from '../config.ts';
import { CONSOLE_ROUTES } from '../console/serve-console.ts';
import { type Caller, rolesFor } from './access.ts';
import { ApiError } from './api-error.ts';
import { browserRefusal } from './browser-rules.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set by the request gate before any handler runs; `null` on routes open to anyone and on unknown paths */
    caller: Caller | null;
  }
}

/**
 * Runs before the body is read, so that a caller who may not write cannot make us parse a megabyte first: host and origin, then who
 * it is, then whether they may. Unknown paths pass through to the 404 and need no credentials.
 */
export function requestGate(
  config: ControllerConfig,
  callerOf: (presented: Presented) => Promise<Caller | null>,
): (request: FastifyRequest, reply: FastifyReply) => Promise<void> {
  const publicHosts = config.controller.server.public_hosts;
  const challenges = challengesOf(config);
  return async (request, reply) => {
    reply.headers({ 'X-Correlation-ID': request.id, 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' });
    const refusal = browserRefusal(browserFacts(request), publicHosts);
    if (refusal !== null) throw refusal;
    if (request.is404 || CONSOLE_ROUTES.includes(request.routeOptions.url ?? '')) return;
    const roles = rolesFor(request.method, request.routeOptions.url ?? '');
    if (roles === 'anyone') return;
    const caller = await callerOf(presented(request));
    if (caller === null) throw unauthenticated(request, challenges);
    if (roles === null || !caller.roles.some((role) => roles.includes(role))) {
      throw new ApiError(403, 'forbidden', 'forbidden');
    }
    request.caller = caller;
  };
}

function browserFacts({ method, headers }: FastifyRequest) {
  return { method, host: headers.host, origin: headers.origin, fetchSite: single(headers['sec-fetch-site']) };
}

function presented({ method, ip, headers }: FastifyRequest): Presented {
  const { authorization, cookie } = headers;
  return { method, address: ip, authorization, cookie, csrfToken: single(headers[CSRF_HEADER.toLowerCase()]) };
}

interface Challenges {
  readonly people: string;
  /** A page's fetch must not open the browser's password dialog, which Basic would */
  readonly pages: string;
}

/** RFC 9110 §11.6.1: every scheme that would be accepted */
function challengesOf({ users, controller }: ControllerConfig): Challenges {
  const basic = users.length > 0 ? ['Basic realm="tidegate", charset="UTF-8"'] : [];
  const bearer = controller.auth.idp.enabled ? ['Bearer realm="tidegate"'] : [];
  return { people: [...basic, ...bearer].join(', '), pages: bearer.join() };
}

function unauthenticated({ headers }: FastifyRequest, challenges: Challenges): ApiError {
  const mode = single(headers['sec-fetch-mode']);
  const challenge = mode === undefined || mode === 'navigate' ? challenges.people : challenges.pages;
  const details = challenge === '' ? {} : { headers: { 'WWW-Authenticate': challenge } };
  return headers.authorization === undefined
    ? new ApiError(401, 'authentication_required', 'no valid authentication credentials provided', details)
    : new ApiError(401, 'authentication_failed', 'authentication failed', details);
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
