/** What a deployment sends elsewhere than its document says: the URL in place of `spec.upstream.<name>`. */
export type UpstreamOverrides = Partial<Record<'main' | 'sandbox', { readonly url: string }>>;

interface WithUpstreams {
  readonly spec: { readonly upstream: object };
}

/** The document as it counts in one environment. What is no document passes through: the compiler says what is wrong with it. */
export function withOverrides<Document>(document: Document, overrides: UpstreamOverrides): Document {
  if (Object.keys(overrides).length === 0 || !hasUpstreams(document)) return document;
  const { spec } = document;
  return { ...document, spec: { ...spec, upstream: { ...spec.upstream, ...overrides } } };
}

function hasUpstreams(document: unknown): document is WithUpstreams {
  const spec = (document as { spec?: { upstream?: unknown } } | null)?.spec;
  return typeof spec?.upstream === 'object' && spec.upstream !== null;
}
