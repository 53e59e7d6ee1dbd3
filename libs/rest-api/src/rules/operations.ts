import type { Operation } from '../document.ts';
import { headerPatternProblem } from '../header-pattern.ts';
import { operationMatch, type OperationMatch } from '../operation-match.ts';
import { normalEscapes, parsePathTemplate, type PathTemplate } from '../path-template.ts';
import type { Sound, SoundDocument } from '../sound.ts';
import { soundContext } from './basics.ts';
import type { Report } from './report.ts';
import { resilienceRule } from './resilience.ts';

/** Source: reference management-api §2.6, plus what WSO2 does not look for: duplicates, bad patterns, repeated names. */
export function operationRules(document: SoundDocument, report: Report): void {
  const operations = document.spec?.operations;
  if (operations?.length === 0) report('spec.operations', 'required', 'At least one operation is required');
  const context = soundContext(document);
  const seen = new Map<string, number>();
  for (const [at, operation] of (operations ?? []).entries()) {
    if (operation !== undefined) operationRule(operation, at, context, seen, report);
  }
}

function operationRule(
  operation: Sound<Operation>,
  at: number,
  context: string,
  seen: Map<string, number>,
  report: Report,
): void {
  const path = `spec.operations[${at}]`;
  const match = operationMatch(operation);
  methodRule(match, operation, path, report);
  const template = pathRule(match, path, context, report);
  headerRules(operation, path, report);
  resilienceRule(operation.resilience, `${path}.resilience`, report);
  upgradeRule(operation.upgrade ?? [], match.method, `${path}.upgrade`, report);
  if (template === null || !METHODS.includes(match.method)) return;
  const key = identityOf(match, template);
  const first = seen.get(key);
  if (first === undefined) seen.set(key, at);
  else
    report(
      path,
      'duplicate',
      `Duplicate operation: ${match.method} ${match.path} is already defined by spec.operations[${first}]`,
    );
}

const METHODS: readonly string[] = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS'];

function methodRule({ method, methodField }: OperationMatch, operation: Sound<Operation>, path: string, report: Report): void {
  if (method === '') {
    return report(
      `${path}.${methodField}`,
      'required',
      'HTTP method is required (set operation.method or operation.match.method)',
    );
  }
  if (METHODS.includes(method)) return;
  const written = (operation.match === undefined ? operation.method : operation.match.method) ?? '';
  report(
    `${path}.${methodField}`,
    'invalid_value',
    `Invalid HTTP method '${written}' (must be GET, POST, PUT, DELETE, PATCH, HEAD, or OPTIONS)`,
  );
}

function pathRule(match: OperationMatch, path: string, context: string, report: Report): PathTemplate | null {
  const field = `${path}.${match.pathField}`;
  if (match.path === '') {
    report(field, 'required', 'Operation path is required (set operation.path or operation.match.path.value)');
    return null;
  }
  const parsed = parsePathTemplate(match.path, match.form);
  if (!parsed.ok) {
    report(field, parsed.code, parsed.message);
    return null;
  }
  const full = normalEscapes(`${context}${match.path}`).replaceAll(/\/{2,}/g, '/');
  if (/^\/_gateway-health(\/|$)/.test(full)) {
    report(field, 'reserved', 'path conflicts with the reserved gateway health-check namespace (/_gateway-health)');
  }
  return parsed.template;
}

function headerRules({ match }: Sound<Operation>, path: string, report: Report): void {
  for (const [at, header] of (match?.headers ?? []).entries()) {
    const field = `${path}.match.headers[${at}]`;
    const { name, value } = header ?? {};
    if (name !== undefined && !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/.test(name)) {
      report(`${field}.name`, 'invalid_format', `'${name}' is not a header name`);
    }
    if (value === undefined) continue;
    const problem = header?.type === 'RegularExpression' ? headerPatternProblem(value) : headerTextProblem(value);
    if (problem !== null) report(`${field}.value`, 'invalid_format', problem);
  }
}

/** A longer one would be multiplied by the hosts. */
const HEADER_VALUE_LENGTH_MAX = 1024;

function headerTextProblem(value: string): string | null {
  if (value.length > HEADER_VALUE_LENGTH_MAX) return `Header value must be at most ${HEADER_VALUE_LENGTH_MAX} characters`;
  return null;
}

/** Other protocols than HTTP: a connection that switched to HTTP/2 would pass by every policy. */
const UPGRADE = /^(?!h2c?$|http$|tls$)[!#$%&'*+\-.^_`|~0-9a-z]{1,64}(?:\/[0-9a-z.]{1,16})?$/;

function upgradeRule(protocols: Sound<string[]>, method: string, path: string, report: Report): void {
  if (protocols.length > 0 && METHODS.includes(method) && method !== 'GET') {
    report(path, 'invalid_value', `A ${method} operation cannot be upgraded, only GET can`);
  }
  for (const [at, protocol] of protocols.entries()) {
    if (protocol !== undefined && !UPGRADE.test(protocol)) {
      report(`${path}[${at}]`, 'invalid_value', `'${protocol}' is not a protocol to upgrade to (lower case, e.g. websocket)`);
    }
  }
}

/** Two operations are the same when they take the same requests: parameter names do not matter (decision 23). */
function identityOf({ method, headers }: OperationMatch, { segments, tail }: PathTemplate): string {
  const path = segments.map((parts) => parts.map((part) => ('literal' in part ? normalEscapes(part.literal) : '{}')).join(''));
  const conditions = headers.map(({ name, kind, value }) => JSON.stringify([name, kind, value])).sort();
  // Exact "/a" and plain "/a" both take "/a".
  const end = tail === 'exact' || tail === 'optional-slash' ? '' : tail;
  return JSON.stringify([method, path, end, [...new Set(conditions)]]);
}
