import { parse } from 'yaml';

export interface ApiOperation {
  readonly target: string;
  /** Upper-case */
  readonly verb: string;
}

export interface Definition {
  readonly openapi: string;
  readonly info: { readonly title: string; readonly version: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** The smallest OpenAPI document that describes these operations (reference §4.6). */
export function generateDefinition(title: string, version: string, url: string, operations: readonly ApiOperation[]): Definition {
  const paths = new Map<string, Record<string, unknown>>();
  for (const { target, verb } of operations) {
    const item = paths.get(target) ?? {};
    item[verb.toLowerCase()] = operationOf(target);
    paths.set(target, item);
  }
  return { openapi: '3.0.0', info: { title, version }, servers: [{ url }], paths: Object.fromEntries(paths) };
}

function operationOf(target: string): unknown {
  const names = new Set(Array.from(target.matchAll(/\{([^{}]+)\}/g), ([, name = '']) => name));
  const parameters = [...names].map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  const responses = { 200: { description: 'Successful response' } };
  return parameters.length === 0 ? { responses } : { parameters, responses };
}

/**
 * What APIM has, brought in line with the document: operations that exist on both sides keep APIM's description of them, new ones are
 * added, dropped ones go, and everything else of APIM's (components, tags, descriptions) stays. WSO2 sends APIM's old definition
 * back unchanged, and definition and operations drift apart.
 * Answers null when APIM's text is not an OpenAPI 3 document.
 */
export function mergeDefinition(generated: Definition, published: string): Definition | null {
  const theirs = readDefinition(published);
  if (theirs === null) return null;
  const paths = Object.entries(generated.paths).map(([path, item]) => {
    const described = Object.hasOwn(theirs.paths, path) ? theirs.paths[path] : undefined;
    return [path, isTable(described) ? mergeItem(item, described) : item] as const;
  });
  const info = isTable(theirs.rest['info']) ? theirs.rest['info'] : {};
  return {
    openapi: theirs.openapi,
    ...theirs.rest,
    info: { ...info, ...generated.info },
    servers: generated.servers,
    paths: Object.fromEntries(paths),
  };
}

const METHODS = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']);

/** Path-level fields (summary, shared parameters) are theirs; of the methods exactly ours are there. */
function mergeItem(ours: Readonly<Record<string, unknown>>, theirs: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const shared = Object.entries(theirs).filter(([key]) => !METHODS.has(key.toLowerCase()));
  const methods = Object.entries(ours).map(
    ([method, generated]) => [method, isTable(theirs[method]) ? theirs[method] : generated] as const,
  );
  return Object.fromEntries([...shared, ...methods]);
}

function readDefinition(text: string): { openapi: string; paths: Record<string, unknown>; rest: Record<string, unknown> } | null {
  let value: unknown;
  try {
    value = parse(text);
  } catch {
    return null;
  }
  if (!isTable(value)) return null;
  const { openapi, paths, ...rest } = value;
  if (typeof openapi !== 'string' || !openapi.startsWith('3.') || !isTable(paths)) return null;
  return { openapi, paths, rest };
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
