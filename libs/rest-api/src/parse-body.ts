import { cut } from './json-path.ts';
import { parseYaml } from './parse-yaml.ts';

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
    refuseExcess(value);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ok: true, value };
    return { ok: false, message: `failed to parse ${name}: the document must be an object` };
  } catch (error) {
    return { ok: false, message: `failed to parse ${name}: ${firstLine(error)}` };
  }
}

function parseJson(body: string): unknown {
  return JSON.parse(body);
}

/** Deeper nesting has no use, and every recursive walk after this one may rely on the bound. */
const DEPTH_MAX = 64;

/**
 * Objects, lists and plain values together: more than a thousand operations with all that can be said of one. Everything after
 * this relies on it: checking costs some microseconds a value, and a validator that reports two problems a value must not
 * overflow the stack with them.
 */
const VALUES_MAX = 25_000;

function refuseExcess(root: unknown): void {
  let level: unknown[] = [root];
  let values = 0;
  for (let depth = 0; level.length > 0; depth++) {
    values += level.length;
    if (depth > DEPTH_MAX) throw new Error(`nested deeper than ${DEPTH_MAX} levels`);
    if (values > VALUES_MAX) throw new Error(`more than ${VALUES_MAX} values`);
    level = level.flatMap((value) => (typeof value === 'object' && value !== null ? (Object.values(value) as unknown[]) : []));
  }
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // The YAML parser recurses, and reports its stack's end as a syntax error.
  if (message.includes('call stack')) return 'nested too deeply';
  return cut((message.split('\n', 1)[0] ?? '').replace(/:$/, ''), MESSAGE_LENGTH_MAX);
}

/** Some messages quote the text. */
const MESSAGE_LENGTH_MAX = 200;
