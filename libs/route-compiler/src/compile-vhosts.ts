import type { Diagnostic, RestApiDocument } from '@tidegate/rest-api';

import type { CompileTarget } from './compile-target.ts';

export interface Vhosts {
  /** Lower-case, without repetition; the first is the primary one and names the route */
  readonly main: readonly string[];
  /** `null` = there is no sandbox upstream */
  readonly sandbox: string | null;
}

/** Defaults filled in, `_gateway_default_` resolved, on every write alike (WSO2 forgot it on PUT, issue 2174). */
export function compileVhosts(
  { spec }: RestApiDocument,
  defaults: CompileTarget['defaults'],
): { readonly vhosts: Vhosts; readonly diagnostics: Diagnostic[] } {
  const main = hosts(spec.vhosts?.main, defaults.mainVhost);
  if (spec.upstream.sandbox === undefined) return { vhosts: { main, sandbox: null }, diagnostics: [] };
  const sandbox = hosts(spec.vhosts?.sandbox, defaults.sandboxVhost)[0] as string;
  if (!main.includes(sandbox)) return { vhosts: { main, sandbox }, diagnostics: [] };
  const message = `Sandbox vhost '${sandbox}' is also a main vhost; they must differ`;
  return { vhosts: { main, sandbox }, diagnostics: [{ path: 'spec.vhosts.sandbox', code: 'contradiction', message }] };
}

const GATEWAY_DEFAULT = '_gateway_default_';

function hosts(written: string | undefined, fallback: string): string[] {
  const named = split(written ?? '');
  const resolved = (named.length === 0 ? [GATEWAY_DEFAULT] : named).flatMap((host) =>
    host === GATEWAY_DEFAULT ? split(fallback) : [host],
  );
  return [...new Set(resolved)];
}

function split(list: string): string[] {
  return list
    .split(';')
    .map((host) => host.trim().toLowerCase())
    .filter((host) => host !== '');
}
