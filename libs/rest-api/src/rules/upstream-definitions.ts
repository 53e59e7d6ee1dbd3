import type { RestApiDocument } from '../document.ts';
import { durationToMs, TIMEOUT_MS_MAX } from '../duration.ts';
import type { Sound, SoundDocument } from '../sound.ts';
import type { Report } from './report.ts';
import { URL_LENGTH_MAX } from './upstreams.ts';

type Definition = Sound<NonNullable<RestApiDocument['spec']['upstreamDefinitions']>[number]>;

/** Source: reference management-api §2.4; all targets of one definition have one scheme (§2.9). */
export function upstreamDefinitionRules({ spec }: SoundDocument, report: Report): void {
  const names = new Set<string>();
  for (const [at, definition] of (spec?.upstreamDefinitions ?? []).entries()) {
    if (definition === undefined) continue;
    const path = `spec.upstreamDefinitions[${at}]`;
    nameRule(definition, `${path}.name`, names, report);
    basePathRule(definition, `${path}.basePath`, report);
    timeoutRule(definition, `${path}.timeout.connect`, report);
    targetRules(definition, `${path}.upstreams`, report);
  }
}

function nameRule({ name }: Definition, path: string, names: Set<string>, report: Report): void {
  if (name === undefined) return;
  if (name === '') report(path, 'required', 'Upstream definition name is required');
  else if (name.length > 100) report(path, 'too_big', 'Upstream definition name must be 1-100 characters');
  else if (!/^[a-zA-Z0-9\-_]+$/.test(name)) {
    report(
      path,
      'invalid_format',
      'Upstream definition name must match ^[a-zA-Z0-9\\-_]+$ (letters, numbers, hyphens, underscores)',
    );
  } else if (names.has(name)) report(path, 'duplicate', `Duplicate upstream definition name '${name}'`);
  names.add(name);
}

function basePathRule({ basePath }: Definition, path: string, report: Report): void {
  if (basePath === undefined || basePath === '') return;
  if (basePath.length > URL_LENGTH_MAX) return report(path, 'too_big', `basePath must be at most ${URL_LENGTH_MAX} characters`);
  if (/^\/[a-zA-Z0-9\-._~!$&'()*+,;=:@%/]*[^/]$/.test(basePath) && !/[\s?#]|%(?![0-9A-Fa-f]{2})/.test(basePath)) return;
  report(path, 'invalid_format', "Invalid basePath (must start with '/' and must not end with '/'; omit for root)");
}

function timeoutRule({ timeout }: Definition, path: string, report: Report): void {
  const text = timeout?.connect;
  if (text === undefined || text === '') return;
  const ms = durationToMs(text);
  if (ms === null) {
    report(path, 'invalid_format', "Invalid timeout format (expected a single-unit duration like '30s', '1m', '500ms')");
  } else if (ms <= 0) report(path, 'too_small', 'Connect timeout must be positive');
  else if (ms > TIMEOUT_MS_MAX) report(path, 'too_big', 'Timeout must be at most 24h');
}

function targetRules({ upstreams }: Definition, path: string, report: Report): void {
  if (upstreams === undefined) return;
  if (upstreams.length === 0) report(path, 'required', 'At least one upstream target is required');
  const schemes = new Set<string>();
  for (const [at, target] of upstreams.entries()) {
    const { url, weight } = target ?? {};
    const problem = url === undefined ? null : targetUrlProblem(url);
    if (problem !== null) report(`${path}[${at}].url`, 'invalid_format', problem);
    else if (url !== undefined && !url.includes('{{')) schemes.add(url.slice(0, url.indexOf(':')).toLowerCase());
    if (weight !== undefined && !(Number.isInteger(weight) && weight >= 0 && weight <= 100)) {
      report(`${path}[${at}].weight`, 'invalid_value', 'Weight must be between 0 and 100');
    }
  }
  if (schemes.size > 1)
    report(path, 'invalid_value', 'All targets of an upstream definition must use the same scheme (http or https)');
}

/** scheme://host[:port] and nothing more. */
function targetUrlProblem(url: string): string | null {
  if (url === '') return 'URL is required';
  if (url.length > URL_LENGTH_MAX) return `URL must be at most ${URL_LENGTH_MAX} characters`;
  if (url.includes('{{')) return null;
  if (!/^https?:/i.test(url)) return 'URL must use http or https scheme';
  const rest = /^https?:\/\/([^/?#]*)([^?#]*)(\?[^#]*)?(#.*)?$/i.exec(url);
  if (rest === null || rest[1] === '' || rest[1]?.startsWith(':') === true) return 'URL must include a host';
  if (rest[2] !== '' && rest[2] !== '/') {
    return 'URL must not include a path; set the base path in upstreamDefinitions[].basePath instead';
  }
  if (rest[3] !== undefined) return 'URL must not include a query string; only host[:port] is used';
  if (rest[4] !== undefined) return 'URL must not include a fragment; only host[:port] is used';
  if (rest[1]?.includes('@') === true) return 'URL must not include user information; only host[:port] is used';
  return URL.canParse(url) ? null : 'URL must include a host';
}
