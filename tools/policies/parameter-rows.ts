/** One line of a parameter table. */
export interface ParameterRow {
  /** `quotas[].limits[].duration` */
  readonly path: string;
  readonly type: string;
  /** "required", a value, or "" */
  readonly preset: string;
  readonly meaning: string;
}

type Schema = Readonly<Record<string, unknown>>;

/** Every parameter of a JSON Schema, in the order of the schema; members follow what holds them. */
export function parameterRows(schema: Schema, at = ''): ParameterRow[] {
  const required = new Set(Array.isArray(schema['required']) ? schema['required'] : []);
  const own = Object.entries(recordOf(schema['properties'])).flatMap(([name, member]) => {
    const inner = recordOf(member);
    const path = at === '' ? name : `${at}.${name}`;
    const preset = 'default' in inner ? JSON.stringify(inner['default']) : required.has(name) ? 'required' : '';
    const meaning = typeof inner['description'] === 'string' ? inner['description'] : '';
    return [{ path, type: typeOf(inner), preset, meaning }, ...parameterRows(inner, path)];
  });
  const items = isRecord(schema['items']) ? parameterRows(schema['items'], `${at}[]`) : [];
  return unique([...own, ...items, ...variantsOf(schema).flatMap((variant) => parameterRows(variant, at))]);
}

/** Variants share members: each is shown once. */
function unique(rows: readonly ParameterRow[]): ParameterRow[] {
  const seen = new Map<string, ParameterRow>();
  for (const row of rows) {
    const before = seen.get(row.path);
    if (before === undefined) seen.set(row.path, row);
    else if (before.type !== row.type) seen.set(row.path, { ...before, type: `${before.type}, ${row.type}` });
  }
  return [...seen.values()];
}

function typeOf(schema: Schema): string {
  if (Array.isArray(schema['enum'])) return schema['enum'].map((value) => `\`${String(value)}\``).join(', ');
  if ('const' in schema) return `\`${String(schema['const'])}\``;
  const variants = variantsOf(schema);
  if (variants.length > 0) return [...new Set(variants.map(typeOf))].join(' or ');
  const type = typeof schema['type'] === 'string' ? schema['type'] : 'any';
  if (type === 'array') return `list of ${typeOf(recordOf(schema['items']))}${boundsOf(schema, 'minItems', 'maxItems')}`;
  if (type === 'string') return `string${boundsOf(schema, 'minLength', 'maxLength')}`;
  return `${type}${boundsOf(schema, 'minimum', 'maximum')}`;
}

function boundsOf(schema: Schema, least: string, most: string): string {
  const [from, to] = [numberOf(schema[least]), numberOf(schema[most])];
  if (from === null && to === null) return '';
  return ` (${from === null ? '' : `${from} `}…${to === null ? '' : ` ${to}`})`;
}

/** JavaScript's own bound of integers says nothing to a reader. */
function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Math.abs(value) !== Number.MAX_SAFE_INTEGER ? value : null;
}

function variantsOf(schema: Schema): Schema[] {
  const variants = schema['anyOf'] ?? schema['oneOf'];
  return Array.isArray(variants) ? variants.filter(isRecord) : [];
}

function recordOf(value: unknown): Schema {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
