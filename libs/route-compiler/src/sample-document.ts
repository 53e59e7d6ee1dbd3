import { checkRestApi, type Parsed, type RestApiDocument } from '@tidegate/rest-api';

/** A right document for tests, with `spec` laid over it: what then is wrong comes back as diagnostics. */
export function parsedSample(spec: Record<string, unknown> = {}): Parsed<RestApiDocument> {
  return checkRestApi({
    kind: 'RestApi',
    metadata: { name: 'x' },
    spec: {
      displayName: 'X',
      version: 'v1',
      context: '/x',
      upstream: { main: { url: 'http://b' } },
      operations: [{ method: 'GET', path: '/' }],
      ...spec,
    },
  });
}

/** @throws Error when `spec` makes it wrong */
export function sampleDocument(spec: Record<string, unknown> = {}): RestApiDocument {
  const parsed = parsedSample(spec);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  return parsed.value;
}
