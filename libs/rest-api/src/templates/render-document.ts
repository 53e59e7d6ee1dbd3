import type { Diagnostic } from '../diagnostic.ts';
import { jsonPath } from '../json-path.ts';
import { parseTemplate } from './parse-template.ts';
import { renderTemplate, type TemplateValues } from './render-template.ts';

export interface RenderedDocument {
  /** The document itself where it has no template; else a copy */
  readonly value: unknown;
  readonly diagnostics: readonly Diagnostic[];
  /** Places that hold a secret now: they travel sealed and are shown nowhere */
  readonly secretPlaces: readonly (readonly PropertyKey[])[];
  /** The same diagnostics, without anything of a secret in them */
  readonly masked: (diagnostics: readonly Diagnostic[]) => Diagnostic[];
}

/** Renders a document, for whoever has its values. */
export type Render = (document: unknown) => RenderedDocument;

/**
 * Every text of `spec` that holds `{{` (reference management-api §2.8), with the JSON path of what cannot be rendered. Two rules
 * are ours: what an API is called and which requests it claims says the document itself; and secrets stand in policy
 * parameters alone, which travel sealed. Pure.
 */
export function renderDocument(document: unknown, values: TemplateValues): RenderedDocument {
  const diagnostics: Diagnostic[] = [];
  const secretPlaces: (readonly PropertyKey[])[] = [];
  const secretTexts = new Set<string>();
  const render = (text: string, place: readonly PropertyKey[]): string => {
    const path = jsonPath(place);
    const refuse = (code: string, message: string) => {
      diagnostics.push({ path, code, message });
      return text;
    };
    if (FIXED.test(path)) return refuse('template_not_allowed', `A template expression may not stand in ${path}`);
    const parsed = parseTemplate(text);
    if (!parsed.ok) return refuse('invalid_template', parsed.message);
    const rendered = renderTemplate(parsed.parts, values);
    if (!rendered.ok) return refuse(rendered.code, rendered.message);
    const { value } = rendered;
    if (!value.secret) return value.text;
    if (!PARAMS.test(path)) return refuse('secret_not_allowed', `A secret may stand in policy parameters only, not in ${path}`);
    secretPlaces.push(place);
    secretTexts.add(value.text);
    return value.text;
  };
  const value = withSpec(document, (spec) => mapTexts(spec, ['spec'], render));
  const paths = new Set(secretPlaces.map((place) => jsonPath(place)));
  return { value, diagnostics, secretPlaces, masked: (some) => some.map((one) => withoutSecrets(one, paths, secretTexts)) };
}

/** Which secrets a document names, whether or not it could be rendered. */
export function secretNamesIn(document: unknown): string[] {
  const names = new Set<string>();
  // Never empty: what an expression requires must not end the rendering before its end.
  const note = (name: string) => {
    names.add(name);
    return '-';
  };
  renderDocument(document, { secret: note, env: () => '-' });
  return [...names].sort();
}

/** The paths of all template expressions of a document. */
export function templatePathsIn(document: unknown): string[] {
  const paths: string[] = [];
  withSpec(document, (spec) =>
    mapTexts(spec, ['spec'], (text, place) => {
      paths.push(jsonPath(place));
      return text;
    }),
  );
  return paths;
}

/** What an API is called, where it stands and which requests it takes; names that refer to something else in the document. */
const FIXED =
  /^spec\.(displayName|version|context|subscriptionPlans\b|desiredState|deploymentState|policyMerge|upstream\.\w+\.ref|upstreamDefinitions\[\d+\]\.name|operations\[\d+\]\.(method|path|match\.(method|path\b|headers\[\d+\]\.(name|type)))|(operations\[\d+\]\.)?policies\[\d+\]\.(name|version))/;

const PARAMS = /^spec\.(operations\[\d+\]\.)?policies\[\d+\]\.params\b/;

/** A shorter secret would make any message unreadable, and is no secret. */
const SECRET_LENGTH_MIN = 4;

function withoutSecrets(diagnostic: Diagnostic, paths: ReadonlySet<string>, texts: ReadonlySet<string>): Diagnostic {
  if (paths.has(diagnostic.path))
    return { ...diagnostic, message: `The value of the secret is not accepted in ${diagnostic.path}` };
  const message = [...texts]
    .filter((text) => text.length >= SECRET_LENGTH_MIN)
    .reduce((shown, text) => shown.replaceAll(text, () => '***'), diagnostic.message);
  return message === diagnostic.message ? diagnostic : { ...diagnostic, message };
}

function withSpec(document: unknown, change: (spec: unknown) => unknown): unknown {
  if (typeof document !== 'object' || document === null || !('spec' in document) || !hasTemplate(document.spec)) return document;
  const spec = change(document.spec);
  return spec === document.spec ? document : { ...document, spec };
}

/** Asked of every document, and no of nearly all: nothing is copied for the answer. */
function hasTemplate(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('{{');
  if (Array.isArray(value)) return value.some(hasTemplate);
  return typeof value === 'object' && value !== null && Object.values(value).some(hasTemplate);
}

/** The same value where no text has a template in it: most documents are not copied. */
function mapTexts(
  value: unknown,
  place: readonly PropertyKey[],
  change: (text: string, place: readonly PropertyKey[]) => string,
): unknown {
  if (typeof value === 'string') return value.includes('{{') ? change(value, place) : value;
  if (Array.isArray(value)) {
    const mapped = value.map((item: unknown, at) => mapTexts(item, [...place, at], change));
    return mapped.some((item, at) => item !== value[at]) ? mapped : value;
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value);
  const mapped = entries.map(([name, member]) => [name, mapTexts(member, [...place, name], change)] as const);
  return mapped.some(([, member], at) => member !== entries[at]?.[1]) ? Object.fromEntries(mapped) : value;
}
