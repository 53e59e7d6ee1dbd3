/** A property of a gateway's routers that users may set while they run. Values travel as text. */
export interface RuntimeProperty {
  readonly name: string;
  /** Where the console shows it */
  readonly section: RuntimeSection;
  readonly kind: PropertyKind;
  /** Takes effect at once; else at the next start of the process */
  readonly live: boolean;
  readonly description: string;
}

export type RuntimeSection = 'properties' | 'execution';

export type PropertyKind =
  | { readonly is: 'integer'; readonly min: number; readonly max: number; readonly unit: string }
  | { readonly is: 'flag' }
  | { readonly is: 'choice'; readonly of: readonly string[] }
  | { readonly is: 'text'; readonly charsMax: number };

/** Beside these a gateway may have free ones, named `x-…`: kept, passed on, and nothing of ours reads them. */
export const FREE_PROPERTY = /^x-[a-z0-9][a-z0-9-]{0,61}$/;
export const FREE_PROPERTY_CHARS_MAX = 1024;
export const FREE_PROPERTIES_MAX = 32;

const integer = (min: number, max: number, unit: string): PropertyKind => ({ is: 'integer', min, max, unit });

/** Of the seam: the controller refuses what is not in here, a router what its own release has not. */
export const RUNTIME_PROPERTIES: readonly RuntimeProperty[] = [
  {
    name: 'logLevel',
    section: 'properties',
    kind: { is: 'choice', of: ['debug', 'info', 'warn', 'error'] },
    live: true,
    description: 'What routers log, from this level up',
  },
  {
    name: 'drainDelaySeconds',
    section: 'properties',
    kind: integer(0, 300, 's'),
    live: true,
    description: 'Before it stops: how long a router goes on accepting while it is not ready, so that balancers notice',
  },
  {
    name: 'drainTimeoutSeconds',
    section: 'properties',
    kind: integer(0, 3600, 's'),
    live: true,
    description: 'Then: how long requests in flight may take when the process is told to end',
  },
  {
    name: 'accessLog',
    section: 'properties',
    kind: { is: 'flag' },
    live: false,
    description: 'One line per request on standard output',
  },
  {
    name: 'serverHeader',
    section: 'properties',
    kind: { is: 'text', charsMax: 128 },
    live: false,
    description: 'The Server header of answers; "$version" stands for the version of the runtime',
  },
  {
    name: 'connectionsMax',
    section: 'properties',
    kind: integer(1, 1_000_000, 'connections'),
    live: false,
    description: 'Client connections of one router at once; more are closed as they come',
  },
  {
    name: 'connectTimeoutMs',
    section: 'execution',
    kind: integer(1, 600_000, 'ms'),
    live: true,
    description: 'To an upstream, unless its document says otherwise',
  },
  {
    name: 'requestTimeoutMs',
    section: 'execution',
    kind: integer(0, 86_400_000, 'ms'),
    live: true,
    description: 'From asking an upstream to the end of its answer; 0 = no bound',
  },
  {
    name: 'idleTimeoutMs',
    section: 'execution',
    kind: integer(0, 86_400_000, 'ms'),
    live: true,
    description: 'Without a byte from an upstream or a client; 0 = no bound',
  },
  {
    name: 'upstreamInFlightMax',
    section: 'execution',
    kind: integer(1, 1_000_000, 'requests'),
    live: true,
    description: 'Requests under way from one router to one target; more are answered 503 with Retry-After',
  },
  {
    name: 'bufferBytesMax',
    section: 'execution',
    kind: integer(1, 67_108_864, 'bytes'),
    live: true,
    description: 'Largest body that a policy may ask to see whole',
  },
];

export type ParsedProperty =
  | { readonly ok: true; readonly value: string | number | boolean }
  | { readonly ok: false; readonly message: string };

/** A value as a document or the wire has it: a scalar, or its text. */
export function parseProperty({ kind }: Pick<RuntimeProperty, 'kind'>, given: unknown): ParsedProperty {
  const refused = (message: string): ParsedProperty => ({ ok: false, message });
  switch (kind.is) {
    case 'integer': {
      const value = typeof given === 'string' && /^-?\d{1,15}$/.test(given) ? Number(given) : given;
      if (typeof value === 'number' && Number.isInteger(value) && value >= kind.min && value <= kind.max)
        return { ok: true, value };
      return refused(`must be a whole number from ${kind.min} to ${kind.max} (${kind.unit})`);
    }
    case 'flag': {
      if (given === true || given === 'true') return { ok: true, value: true };
      if (given === false || given === 'false') return { ok: true, value: false };
      return refused('must be true or false');
    }
    case 'choice':
      return typeof given === 'string' && kind.of.includes(given)
        ? { ok: true, value: given }
        : refused(`must be one of ${kind.of.join(', ')}`);
    case 'text':
      // A value ends up in a header: what is legal there (RFC 9110 §5.5), without obs-text.
      return typeof given === 'string' && given.length <= kind.charsMax && /^[\x21-\x7e]+([ \t]+[\x21-\x7e]+)*$/.test(given)
        ? { ok: true, value: given }
        : refused(`must be 1 to ${kind.charsMax} printable characters`);
  }
}
