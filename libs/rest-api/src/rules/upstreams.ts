import type { UpstreamRef } from '../document.ts';
import type { Sound, SoundDocument } from '../sound.ts';
import type { Report } from './report.ts';

/** `upstream.main` and `upstream.sandbox`: exactly one of url and ref. Source: reference management-api §2.3. */
export function upstreamRules({ spec }: SoundDocument, report: Report): void {
  const definitions = (spec?.upstreamDefinitions ?? []).map((definition) => definition?.name);
  for (const name of ['main', 'sandbox'] as const) {
    const upstream = spec?.upstream?.[name];
    if (upstream !== undefined) upstreamRule(upstream, `spec.upstream.${name}`, definitions, report);
  }
}

function upstreamRule(
  { url, ref }: Sound<UpstreamRef>,
  path: string,
  definitions: readonly (string | undefined)[],
  report: Report,
): void {
  if (url !== undefined && ref !== undefined) return report(path, 'contradiction', "Specify exactly one of 'url' or 'ref'");
  if (url === undefined && ref === undefined) return report(path, 'required', "Must specify either 'url' or 'ref'");
  if (url !== undefined) {
    const problem = urlProblem(url);
    if (problem !== null) report(`${path}.url`, ...problem);
  }
  if (ref !== undefined) {
    const problem = refProblem(ref, definitions);
    if (problem !== null) report(`${path}.ref`, ...problem);
  }
}

export const URL_LENGTH_MAX = 2048;

/** Values with template expressions are checked once they are rendered, not here. */
function urlProblem(url: string): readonly [code: string, message: string] | null {
  if (url === '') return ['required', 'Upstream URL is required'];
  if (url.length > URL_LENGTH_MAX) return ['too_big', `Upstream URL must be at most ${URL_LENGTH_MAX} characters`];
  if (url.includes('{{')) return null;
  if (/[\s\\]/.test(url)) return ['invalid_format', 'Invalid URL format: it contains white space or a backslash'];
  const parts = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/?#]*))?/i.exec(url);
  if (parts === null || !/^https?$/i.test(parts[1] as string))
    return ['invalid_format', 'Upstream URL must use http or https scheme'];
  const authority = parts[2] ?? '';
  if (authority === '' || authority.startsWith(':')) return ['invalid_format', 'Upstream URL must include a host'];
  if (authority.includes('@')) return ['invalid_format', 'Upstream URL must not carry a user name or password'];
  if (!URL.canParse(url) || /%(?![0-9A-Fa-f]{2})/.test(url))
    return ['invalid_format', `Invalid URL format: cannot parse '${url}'`];
  return null;
}

function refProblem(ref: string, definitions: readonly (string | undefined)[]): readonly [code: string, message: string] | null {
  if (ref === '') return ['required', 'Upstream reference is required'];
  if (definitions.includes(ref)) return null;
  const where = definitions.length === 0 ? ': no upstreamDefinitions provided' : ' in upstreamDefinitions';
  return ['not_found', `Referenced upstream definition '${ref}' not found${where}`];
}
