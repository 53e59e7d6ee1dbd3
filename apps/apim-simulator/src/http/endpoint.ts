import type { Endpoint } from '../control/rules.ts';

/** Which endpoint a request is for, as rules and the record name it. */
export function endpointOf(path: string): Endpoint {
  if (path === '/internal/gateway/.well-known') return 'well-known';
  if (websocketPaths.includes(path)) return 'websocket';
  if (path === '/oauth2/token') return 'token';
  if (path.startsWith('/internal/') || path.startsWith('/api/internal/')) return 'internal';
  if (path.startsWith('/api/am/admin/')) return 'admin';
  const [, id, sub] = /^\/api\/am\/publisher\/v4\/apis(?:\/([^/]+)(?:\/([^/]+))?)?$/.exec(path) ?? [];
  if (id === undefined) return path.endsWith('/apis') ? 'apis' : 'any';
  if (id === 'import') return 'import';
  switch (sub) {
    case undefined:
      return 'api';
    case 'swagger':
      return 'swagger';
    case 'revisions':
      return 'revisions';
    case 'undeploy-revision':
      return 'undeploy';
    default:
      return 'any';
  }
}

export const websocketPaths: readonly string[] = [
  '/internal/data/v1/ws/gateways/connect',
  '/api/internal/v1/ws/gateways/connect',
];
