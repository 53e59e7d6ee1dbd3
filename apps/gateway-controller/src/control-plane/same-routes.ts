import { operationMatch, resolvedContext, type RestApiDocument } from '@tidegate/rest-api';

/**
 * Whether two documents serve the same routes on the same backend, as far as APIM can say it: what tells the echo of our own push
 * from an edit made in APIM, which puts the version behind a context that does not hold it (reference §3.1). Pure.
 */
export function sameRoutes(ours: RestApiDocument, theirs: RestApiDocument): boolean {
  const context = resolvedContext(ours);
  const contexts = [context, `${context === '/' ? '' : context}/${ours.spec.version}`];
  return contexts.includes(resolvedContext(theirs)) && essence(ours) === essence(theirs);
}

function essence({ spec }: RestApiDocument): string {
  const routes = spec.operations.map((operation) => {
    const { method, path } = operationMatch(operation);
    return `${method} ${path}`;
  });
  return JSON.stringify([spec.upstream.main.url ?? null, [...new Set(routes)].sort()]);
}
