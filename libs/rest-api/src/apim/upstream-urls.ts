import type { RestApiDocument, UpstreamRef } from '../document.ts';

/** One URL per side, which is all APIM's endpoint configuration holds. null = the document names none. */
export function upstreamUrls({ spec }: RestApiDocument): { readonly production: string | null; readonly sandbox: string | null } {
  return {
    production: urlOf(spec.upstream.main, spec.upstreamDefinitions),
    sandbox: spec.upstream.sandbox === undefined ? null : urlOf(spec.upstream.sandbox, spec.upstreamDefinitions),
  };
}

type Definitions = RestApiDocument['spec']['upstreamDefinitions'];

/** A reference becomes its definition's first target with the base path, which is where the gateway sends requests too. */
function urlOf({ url, ref }: UpstreamRef, definitions: Definitions): string | null {
  if (url !== undefined && url !== '') return url;
  const definition = definitions?.find(({ name }) => name === ref);
  const first = definition?.upstreams[0]?.url;
  return first === undefined ? null : first.replace(/\/$/, '') + (definition?.basePath ?? '');
}
