import { canonicalPath, HostRewrite, type Target, type Upstream } from '@tidegate/gateway-ir';
import { type Diagnostic, durationToMs, type RestApiDocument, type UpstreamRef } from '@tidegate/rest-api';

type Definition = NonNullable<RestApiDocument['spec']['upstreamDefinitions']>[number];

/**
 * `main` and, where there is one, `sandbox`. A reference takes all targets of its definition with their weights (WSO2 takes the
 * first alone). Definitions that policies name (`named`) follow under their own names. URLs that the document's rules or the template check refuse are left out: nothing is served then.
 */
export function compileUpstreams(
  { spec }: RestApiDocument,
  named: ReadonlySet<string>,
): { readonly upstreams: Upstream[]; readonly warnings: Diagnostic[] } {
  const definitions = spec.upstreamDefinitions ?? [];
  const warnings: Diagnostic[] = [];
  const upstreams = (['main', 'sandbox'] as const).flatMap((name) => {
    const ref = spec.upstream[name];
    return ref === undefined ? [] : [compileUpstream(name, ref, definitions, warnings)];
  });
  for (const [at, { name, upstreams: targets }] of definitions.entries()) {
    const path = `spec.upstreamDefinitions[${at}]`;
    if (named.has(name) && name !== 'main' && name !== 'sandbox')
      upstreams.push(compileUpstream(name, { ref: name }, definitions, warnings));
    if (!named.has(name) && spec.upstream.main.ref !== name && spec.upstream.sandbox?.ref !== name) {
      warnings.push({ path, code: 'unused', message: `Upstream definition '${name}' is not used` });
    } else if (targets.every(({ weight }) => weight === 0)) {
      warnings.push({
        path,
        code: 'drained',
        message: `All targets of upstream definition '${name}' have weight 0: nothing can be reached`,
      });
    }
  }
  return { upstreams, warnings };
}

function compileUpstream(name: string, ref: UpstreamRef, definitions: readonly Definition[], warnings: Diagnostic[]): Upstream {
  const hostRewrite = ref.hostRewrite === 'manual' ? HostRewrite.MANUAL : HostRewrite.AUTO;
  const definition = definitions.find((candidate) => candidate.name === ref.ref);
  if (definition !== undefined) {
    return {
      name,
      targets: definition.upstreams.flatMap(({ url, weight = 1 }) => targetOf(url, weight)),
      basePath: basePathOf(definition.basePath ?? ''),
      connectTimeoutMs: durationToMs(definition.timeout?.connect ?? '') ?? 0,
      hostRewrite,
    };
  }
  const url = ref.url ?? '';
  if (/[?#]/.test(url)) {
    const message = 'Query and fragment of an upstream URL are not sent upstream';
    warnings.push({ path: `spec.upstream.${name}.url`, code: 'ignored', message });
  }
  const basePath = URL.canParse(url) ? basePathOf(new URL(url).pathname) : '';
  return { name, targets: targetOf(url, 1), basePath, connectTimeoutMs: 0, hostRewrite };
}

function targetOf(url: string, weight: number): Target[] {
  if (!URL.canParse(url)) return [];
  const { protocol, hostname, port } = new URL(url);
  const scheme = protocol.slice(0, -1);
  const defaultPort = scheme === 'https' ? 443 : 80;
  return [{ scheme, host: hostname.replace(/^\[(.*)\]$/, '$1'), port: port === '' ? defaultPort : Number(port), weight }];
}

/** "" or "/base": WSO2 keeps a trailing slash and then sends two. */
function basePathOf(path: string): string {
  return (canonicalPath(path) ?? '').replace(/\/$/, '');
}
