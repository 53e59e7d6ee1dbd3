import { hasBadEscape, normalEscapes } from '../path-template.ts';
import { resolveContext } from '../resolved.ts';
import type { SoundDocument } from '../sound.ts';
import type { Report } from './report.ts';

/** displayName, version, context. Missing ones are the shape's to report. Source: reference management-api §2.2. */
export function basicRules({ spec }: SoundDocument, report: Report): void {
  if (spec?.displayName !== undefined) tell(report, 'spec.displayName', displayNameProblem(spec.displayName));
  if (spec?.version !== undefined) tell(report, 'spec.version', versionProblem(spec.version));
  if (spec?.context !== undefined) tell(report, 'spec.context', contextProblem(spec.context));
}

/** `$version` replaced, or "" while either is wrong: a long version in place of many `$version`s would be longer than any memory. */
export function soundContext({ spec: { context, version } = {} }: SoundDocument): string {
  if (context === undefined || version === undefined) return '';
  return contextProblem(context) === null && versionProblem(version) === null ? resolveContext(context, version) : '';
}

type Problem = readonly [code: string, message: string] | null;

function tell(report: Report, path: string, problem: Problem): void {
  if (problem !== null) report(path, ...problem);
}

function displayNameProblem(name: string): Problem {
  if (name === '') return ['required', 'API display name is required'];
  if (name.length > 100) return ['too_big', 'API display name must be 1-100 characters'];
  if (/^[a-zA-Z0-9\-_. ]+$/.test(name)) return null;
  return [
    'invalid_format',
    'API display name must be URL-friendly (only letters, numbers, spaces, hyphens, underscores, and dots allowed)',
  ];
}

function versionProblem(version: string): Problem {
  if (version === '') return ['required', 'API version is required'];
  if (version.length <= 64 && /^v?\d+(\.\d+)?(\.\d+)?$/.test(version)) return null;
  return ['invalid_format', 'API version must follow semantic versioning pattern (e.g., v1.0, v2.1.3)'];
}

/** WSO2 takes any characters; those that no request path can hold, or that mean something in a template, are refused here. */
function contextProblem(context: string): Problem {
  if (context === '') return ['required', 'Context is required'];
  if (!context.startsWith('/')) return ['invalid_format', 'Context must start with /'];
  if (context !== '/' && context.endsWith('/')) return ['invalid_format', 'Context cannot end with / (except for root context)'];
  if (context.length > 200) return ['too_big', 'Context must be 1-200 characters'];
  if (!/^[A-Za-z0-9\-._~!$&'()+,;=:@%/]+$/.test(context) || hasBadEscape(context)) {
    return [
      'invalid_format',
      'Context may only contain characters of a URL path (no braces, wildcards, spaces, queries or fragments)',
    ];
  }
  const segments = context === '/' ? [] : context.slice(1).split('/');
  if (segments.every((segment) => !['', '.', '..'].includes(normalEscapes(segment)))) return null;
  return ['invalid_format', "Context must not contain empty, '.' or '..' segments"];
}
