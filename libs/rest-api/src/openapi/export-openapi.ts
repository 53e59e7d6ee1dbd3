import type { RestApiDocument } from '../document.ts';
import { operationMatch } from '../operation-match.ts';
import { resolvedContext } from '../resolved.ts';

/**
 * What clients may ask for, as OpenAPI 3.1: the routes of a document below its resolved context. Operations that differ in headers
 * alone are one here, and a path that takes all below it says so in `x-tidegate-subtree`. Pure.
 */
export function exportOpenApi(document: RestApiDocument): Record<string, unknown> {
  const { displayName, version } = document.spec;
  const paths = new Map<string, Record<string, unknown>>();
  for (const operation of document.spec.operations) {
    const { method, path, form } = operationMatch(operation);
    const subtree = form === 'prefix' || path.endsWith('/*');
    const shown = path.replace(/\/\*$/, '') || '/';
    const item = paths.get(shown) ?? {};
    item[method.toLowerCase()] ??= {
      operationId: `${method.toLowerCase()}${shown.replace(/[^A-Za-z0-9]+(.)?/g, (_, next: string = '') => next.toUpperCase())}`,
      ...parametersOf(shown),
      responses: { default: { description: 'The answer of the upstream' } },
      ...(subtree ? { 'x-tidegate-subtree': true } : {}),
    };
    paths.set(shown, item);
  }
  return {
    openapi: '3.1.0',
    info: { title: displayName, version },
    servers: [{ url: resolvedContext(document) }],
    paths: Object.fromEntries(paths),
  };
}

function parametersOf(path: string) {
  const names = [...new Set([...path.matchAll(/\{([^{}]+)\}/g)].map(([, name]) => name as string))];
  return names.length === 0
    ? {}
    : { parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })) };
}
