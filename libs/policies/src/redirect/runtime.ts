import { definePolicyRuntime, type Exchange } from '@tidegate/policy-sdk';

import { operationPrefix } from '../operation-prefix.ts';
import { redirect, type RedirectParams } from './definition.ts';

export const redirectRuntime = definePolicyRuntime<RedirectParams>({
  definition: redirect,
  build: (params) => ({
    requestHeaders: (exchange) => ({
      status: params.statusCode,
      headers: [['location', locationOf(exchange, params)]],
      body: '',
    }),
  }),
});

function locationOf(exchange: Exchange, params: RedirectParams): string {
  const scheme = params.scheme ?? exchange.scheme;
  const { hostname, port } = splitHost(exchange.host);
  // A port belongs to its scheme: with another scheme and no port said, the new scheme's own is meant.
  const wanted = params.port ?? (scheme === exchange.scheme ? port : null);
  const shown = wanted === null || wanted === DEFAULT_PORTS[scheme] ? '' : `:${wanted}`;
  return `${scheme}://${params.hostname ?? hostname}${shown}${pathOf(exchange, params.path)}${exchange.query}`;
}

const DEFAULT_PORTS = { http: 80, https: 443 } as const;

function splitHost(host: string): { hostname: string; port: number | null } {
  const match = /^(.*?)(?::(\d+))?$/.exec(host);
  return { hostname: match?.[1] ?? host, port: match?.[2] === undefined ? null : Number(match[2]) };
}

function pathOf({ path, route }: Exchange, change: RedirectParams['path']): string {
  if (change === undefined) return path;
  if (change.mode === 'full') return change.value;
  const behind = path.slice(route.context.length);
  const rest = behind.slice(operationPrefix(behind, route.operationPath).length);
  const start = change.value.endsWith('/') && (rest === '' || rest.startsWith('/')) ? change.value.slice(0, -1) : change.value;
  return route.context + start + rest || '/';
}
