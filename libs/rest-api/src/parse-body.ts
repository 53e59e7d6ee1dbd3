import { isAlias, LineCounter, parseDocument } from 'yaml';

/** What a body says, before anyone asks whether it makes sense; `message` is the tail of WSO2's error text. */
export type ParsedBody = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

/**
 * Reads JSON or YAML by content type; parameters (`; charset=utf-8`) do not matter. Anything else, also none, is tried as
 * YAML and then as JSON, as WSO2 does. Never throws.
 */
export function parseBody(body: string, contentType: string | undefined): ParsedBody {
  const mediaType = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (mediaType === 'application/json' || mediaType.endsWith('+json')) return readAs('JSON', parseJson, body);
  if (YAML_TYPES.has(mediaType)) return readAs('YAML', parseYaml, body);
  const asYaml = readAs('YAML', parseYaml, body);
  if (asYaml.ok) return asYaml;
  const asJson = readAs('JSON', parseJson, body);
  return asJson.ok ? asJson : { ok: false, message: 'failed to parse as YAML or JSON' };
}

const YAML_TYPES = new Set(['application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml']);

function readAs(name: string, parse: (body: string) => unknown, body: string): ParsedBody {
  try {
    const value = parse(body.startsWith('\ufeff') ? body.slice(1) : body);
    refuseDepth(value);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ok: true, value };
    return { ok: false, message: `failed to parse ${name}: the document must be an object` };
  } catch (error) {
    return { ok: false, message: `failed to parse ${name}: ${firstLine(error)}` };
  }
}

function parseJson(body: string): unknown {
  return JSON.parse(body);
}

/**
 * YAML 1.2 core schema: no custom tags, no merge keys, one document. Aliases are expanded at most `ALIASES_MAX` times in all
 * (the "billion laughs" attack).
 */
function parseYaml(body: string): unknown {
  const lines = new LineCounter();
  const document = parseDocument(body, { schema: 'core', lineCounter: lines, logLevel: 'error', strict: true, uniqueKeys: true });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) throw new Error(problem.message);
  if (isAlias(document.contents)) throw new Error('the document is an alias');
  return document.toJS({ maxAliasCount: ALIASES_MAX });
}

const ALIASES_MAX = 100;

/** Deeper nesting has no use, and every recursive walk after this one may rely on the bound. */
const DEPTH_MAX = 64;

function refuseDepth(root: unknown): void {
  let level: unknown[] = [root];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEPTH_MAX) throw new Error(`nested deeper than ${DEPTH_MAX} levels`);
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? (Object.values(value) as unknown[]) : []));
  }
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // The YAML parser recurses, and reports its stack's end as a syntax error.
  if (message.includes('call stack')) return 'nested too deeply';
  return (message.split('\n', 1)[0] ?? '').replace(/:$/, '');
}
