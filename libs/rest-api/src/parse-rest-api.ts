import { type Diagnostic, type Parsed, presentable } from './diagnostic.ts';
import type { RestApiDocument } from './document.ts';
import { parseBody } from './parse-body.ts';
import { checkRules } from './rules/check-rules.ts';
import { checkShape } from './sound.ts';
import { type Render, templatePathsIn } from './templates/render-document.ts';

/** Looks at whatever parsed, however wrong: lets policy checks speak in the same answer as the document's own. */
export type ExtraCheck = (value: unknown) => readonly Diagnostic[];

/**
 * Reads a submitted RestApi: JSON or YAML by content type, then shape and rules, all diagnostics at once in WSO2's order.
 * The value is what was submitted: nothing is normalised, defaulted or rendered. Only what the server says about an API is
 * left out (`status` and the flat fields of an answer), so that an answer can be edited and sent back.
 */
export function parseRestApi(
  body: string,
  contentType: string | undefined,
  alsoCheck?: ExtraCheck,
  render?: Render,
): Parsed<RestApiDocument> {
  const parsed = parseBody(body, contentType);
  if (!parsed.ok)
    return { ok: false, stage: 'syntax', message: `failed to parse configuration: ${parsed.message}`, diagnostics: [] };
  return checkRestApi(parsed.value, alsoCheck, render);
}

/**
 * The same for an already parsed value, e.g. from the database. Values are checked as `render` makes them; without it nothing is
 * said about what a template expression will become.
 */
export function checkRestApi(value: unknown, alsoCheck?: ExtraCheck, render?: Render): Parsed<RestApiDocument> {
  const submitted = withoutServerFields(value);
  const shape = checkShape(submitted);
  const rendered = render?.(submitted) ?? null;
  const unknown = rendered === null ? templatePathsIn(submitted) : rendered.diagnostics.map(({ path }) => path);
  const silent = new Set([...shape.faultyPaths, ...unknown]);
  const changed = rendered !== null && rendered.value !== submitted;
  const found = checkRules(changed ? checkShape(rendered.value).sound : shape.sound, silent);
  // An extra check cannot know what was already said about a wrong type.
  const extra = (alsoCheck?.(rendered?.value ?? submitted) ?? []).filter(({ path }) => !silent.has(path));
  const checked = rendered === null ? [...found, ...extra] : rendered.masked([...found, ...extra]);
  const diagnostics = [...shape.diagnostics, ...(rendered?.diagnostics ?? []), ...checked];
  if (diagnostics.length > 0) {
    return {
      ok: false,
      stage: 'validation',
      message: 'Configuration validation failed',
      diagnostics: presentable(diagnostics),
    };
  }
  return { ok: true, value: asDocument(submitted) };
}

/** The shape matched, and a parsed copy would lose the order in which the user wrote the fields. */
function asDocument(checked: unknown): RestApiDocument {
  return checked as RestApiDocument;
}

/** What answers carry besides the document (decision 2). */
const SERVER_FIELDS: ReadonlySet<string> = new Set([
  'status',
  'uuid',
  'displayName',
  'version',
  'context',
  'origin',
  'desiredState',
  'cpSyncStatus',
  'cpSyncInfo',
  'cpArtifactId',
  'policies',
  'createdAt',
  'updatedAt',
  'deployedAt',
  'createdBy',
  'generation',
  'propagation',
  'warnings',
]);

function withoutServerFields(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([name]) => !SERVER_FIELDS.has(name)));
}
