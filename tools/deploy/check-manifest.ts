/** Kubernetes' own OpenAPI schemas, compiled: what they say of a value is in `errors` afterwards. */
type Validate = ((value: unknown) => boolean) & { readonly errors?: readonly SchemaError[] | null };

interface SchemaError {
  readonly instancePath: string;
  readonly message?: string;
  readonly keyword: string;
  readonly params?: object;
}

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}

/**
 * Everything that an API server would refuse about a manifest, and what it would silently drop. The schemas know no word for unknown
 * fields, but they read every field they know: what nobody has read is unknown.
 */
export async function checkManifest(manifest: Manifest): Promise<string[]> {
  const validate = await schemaOf(manifest);
  if (validate === null) return [`no schema for ${manifest.apiVersion} ${manifest.kind}`];
  const unread: (() => string[])[] = [];
  validate(watched(manifest, '', unread));
  const wrong = (validate.errors ?? []).map(
    ({ instancePath, message, keyword, params }) => `${instancePath}: ${message ?? `${keyword} ${JSON.stringify(params)}`}`,
  );
  return [...wrong, ...unread.flatMap((fields) => fields()).map((path) => `${path}: unknown field`)];
}

const OPERATOR = 'ComGithubPrometheusOperatorPrometheusOperatorPkgApisMonitoring';

/** `null` = no such kind in this version of the API. */
async function schemaOf({ apiVersion, kind }: Manifest): Promise<Validate | null> {
  const [group = '', version = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion];
  const name = `${capital(group.replace(/\.k8s\.io$/, ''))}${capital(version)}${kind}`;
  const [from, file] =
    group === 'monitoring.coreos.com'
      ? ['@kubernetes-models/prometheus-operator', `${OPERATOR}${capital(version)}${kind}`]
      : ['kubernetes-models', `IoK8sApi${name}`];
  // The packages export classes, which copy what they are given; the schemas lie beside
  const loaded = await import(new URL(`./_schemas/${file}.js`, import.meta.resolve(from)).href).catch(() => null);
  return (loaded as { readonly validate: Validate } | null)?.validate ?? null;
}

/** The same value; afterwards `unread` tells the paths of fields that were never looked at. */
function watched(value: unknown, path: string, unread: (() => string[])[]): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const read = new Map<string, unknown>();
  unread.push(() =>
    Object.keys(value)
      .filter((key) => !read.has(key))
      .map((key) => `${path}/${key}`),
  );
  return new Proxy(value, {
    get: (target, key, receiver) => {
      const found: unknown = Reflect.get(target, key, receiver);
      if (typeof key !== 'string' || !Object.hasOwn(target, key)) return found;
      if (!read.has(key)) read.set(key, watched(found, `${path}/${key}`, unread));
      return read.get(key);
    },
  });
}

function capital(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}
