import { isLoopback } from '@tidegate/process';

import { ApiError } from './api-error.ts';

interface BrowserRequest {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly fetchSite: string | undefined;
}

/**
 * What keeps a page in somebody's browser from using the browser's reach (architecture.md, "Browsers"): a rebound DNS name is not
 * a Host we serve (421), and a write that another site started is refused (403). Both say nothing to curl, which sends neither.
 */
export function browserRefusal(request: BrowserRequest, publicHosts: readonly string[]): ApiError | null {
  if (!servesHost(request.host, publicHosts)) {
    return new ApiError(
      421,
      'misdirected_request',
      'This host name is not served here; add it to controller.server.public_hosts',
    );
  }
  if (SAFE_METHODS.has(request.method)) return null;
  if (request.fetchSite === 'cross-site' || isForeign(request.origin, request.host, publicHosts)) {
    return new ApiError(403, 'foreign_origin', 'Writes started by a page of another origin are refused');
  }
  return null;
}

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

function servesHost(host: string | undefined, publicHosts: readonly string[]): boolean {
  if (host === undefined) return false;
  const name = hostName(host);
  return name !== null && (isLoopback(name) || isPublic(host, name, publicHosts));
}

function isForeign(origin: string | undefined, host: string | undefined, publicHosts: readonly string[]): boolean {
  if (origin === undefined) return false;
  const from = URL.parse(origin)?.host ?? '';
  const name = hostName(from);
  return from === '' || name === null || (from !== host?.toLowerCase() && !isPublic(from, name, publicHosts));
}

/** A listed name without a port serves every port. */
function isPublic(host: string, name: string, publicHosts: readonly string[]): boolean {
  return publicHosts.some((listed) => listed.toLowerCase() === host.toLowerCase() || listed.toLowerCase() === name);
}

/** Name without port and brackets, lower-case; `null` for what is no host. */
function hostName(host: string): string | null {
  const url = /[/?#@\\\s]/.test(host) ? null : URL.parse(`http://${host}`);
  return url === null || url.hostname === '' ? null : url.hostname.replace(/^\[|\]$/g, '');
}
