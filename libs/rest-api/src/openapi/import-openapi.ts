import type { Diagnostic } from '../diagnostic.ts';
import type { RestApiDocument } from '../document.ts';
import { jsonPath } from '../json-path.ts';

export interface ImportOptions {
  /** metadata.name; absent = made from the title and the version */
  readonly name?: string | undefined;
  /** spec.context; absent = made from the title, with `$version` */
  readonly context?: string | undefined;
  /** Wins over `servers` */
  readonly upstream?: string | undefined;
}

export interface ImportedApi {
  /** Not yet checked: what the description says may be nothing that can be served */
  readonly document: RestApiDocument;
  /** What of the description the document does not say, or says differently */
  readonly losses: readonly Diagnostic[];
}

/**
 * The RestApi document of an OpenAPI 3 or Swagger 2 description: its routes and its upstream. Schemas, examples and texts are no
 * business of a gateway and go without a word; what would change how requests are treated is listed. Pure.
 */
export function importOpenApi(description: unknown, options: ImportOptions = {}): ImportedApi {
  const losses: Diagnostic[] = [];
  const lose = (path: string, code: string, message: string) => void losses.push({ path, code, message });
  const info = member(description, 'info');
  const displayName = displayNameOf(text(member(info, 'title')), lose);
  const version = versionOf(text(member(info, 'version')), lose);
  const slug = slugOf(displayName);
  const url = options.upstream ?? serverOf(description, lose);
  const operations = operationsOf(member(description, 'paths'), lose);
  for (const part of ['security', 'webhooks', 'callbacks'] as const)
    if (hasMembers(member(description, part))) lose(part, 'not_enforced', NOT_ENFORCED[part]);
  return {
    document: {
      apiVersion: 'gateway.api-platform.wso2.com/v1',
      kind: 'RestApi',
      metadata: { name: options.name ?? `${slug}-${version}` },
      spec: {
        displayName,
        version,
        context: options.context ?? `/${slug}/$version`,
        upstream: { main: url === null ? {} : { url } },
        operations,
      },
    },
    losses,
  };
}

type Lose = (path: string, code: string, message: string) => void;

const NOT_ENFORCED = {
  security: 'Security requirements are not enforced by themselves; attach a policy such as api-key-auth',
  webhooks: 'Webhooks are requests of the upstream, which do not pass a gateway',
  callbacks: 'Callbacks are requests of the upstream, which do not pass a gateway',
};

function displayNameOf(title: string, lose: Lose): string {
  const name = title
    .replace(/[^a-zA-Z0-9\-_. ]+/g, ' ')
    .replace(/ +/g, ' ')
    .trim()
    .slice(0, 100)
    .trim();
  const used = name === '' ? 'API' : name;
  if (used !== title) lose('info.title', 'changed', `The title became '${used}'`);
  return used;
}

/** The leading numbers; nothing of a build or pre-release. */
function versionOf(given: string, lose: Lose): string {
  const [, numbers = '1.0'] = /^v?(\d{1,9}(?:\.\d{1,9}){0,2})(?![\d])/.exec(given) ?? [];
  const version = `v${numbers}`;
  if (given !== version && given !== numbers) lose('info.version', 'changed', `The version became '${version}'`);
  return version;
}

function slugOf(name: string): string {
  const slug = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '')
    .slice(0, 60);
  return slug === '' ? 'api' : slug;
}

/** The first server; `null` = none that says where. */
function serverOf(description: unknown, lose: Lose): string | null {
  const servers = list(member(description, 'servers'));
  if (servers.length > 1) lose('servers', 'only_first', 'Only the first server is used; others can be upstreamDefinitions');
  const url = servers.length > 0 ? expanded(servers[0]) : swaggerUrl(description);
  if (url !== null && /^https?:\/\/[^/]/i.test(url)) return url.replace(/[?#].*$/, '').replace(/\/+$/, '');
  lose('servers', 'no_upstream', 'No absolute http or https server is named; say it with ?upstream=');
  return null;
}

/** `{variable}` by its default. */
function expanded(server: unknown): string {
  return text(member(server, 'url')).replace(/\{([^{}]+)\}/g, (_, name: string) =>
    text(member(member(member(server, 'variables'), name), 'default')),
  );
}

function swaggerUrl(description: unknown): string | null {
  const host = text(member(description, 'host'));
  if (host === '') return null;
  const schemes = list(member(description, 'schemes'));
  const scheme = schemes.includes('https') || schemes.length === 0 ? 'https' : String(schemes[0]);
  return `${scheme}://${host}${text(member(description, 'basePath'))}`;
}

const METHODS = ['get', 'post', 'put', 'delete', 'patch', 'head', 'options'];

function operationsOf(paths: unknown, lose: Lose): RestApiDocument['spec']['operations'] {
  return entries(paths).flatMap(([path, item]) => {
    if (path.startsWith('x-')) return [];
    const at = jsonPath([path], 'paths');
    if (member(item, '$ref') !== undefined) lose(at, 'reference', 'References between descriptions are not followed');
    if (hasMembers(member(item, 'servers'))) lose(`${at}.servers`, 'one_upstream', 'All operations go to the one upstream');
    if (member(item, 'trace') !== undefined) lose(`${at}.trace`, 'method', 'TRACE is not served');
    return METHODS.filter((method) => member(item, method) !== undefined).map((method) => {
      const operation = member(item, method);
      if (hasMembers(member(operation, 'servers')))
        lose(`${at}.${method}.servers`, 'one_upstream', 'All operations go to the one upstream');
      if (hasMembers(member(operation, 'security'))) lose(`${at}.${method}.security`, 'not_enforced', NOT_ENFORCED.security);
      if (hasMembers(member(operation, 'callbacks'))) lose(`${at}.${method}.callbacks`, 'not_enforced', NOT_ENFORCED.callbacks);
      return { method: method.toUpperCase(), path };
    });
  });
}

/** Own members only: nothing of a prototype is a member. */
function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}

function entries(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function hasMembers(value: unknown): boolean {
  return list(value).length > 0 || entries(value).length > 0;
}

/** YAML reads 1.0 as a number. */
function text(value: unknown): string {
  return typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '';
}
