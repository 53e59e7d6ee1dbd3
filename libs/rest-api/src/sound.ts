import type { Diagnostic } from './diagnostic.ts';
import { restApiDocument, type RestApiDocument } from './document.ts';
import { describeIssue, issuesOf } from './issues.ts';

/** A document of which any part may be missing, but what is there has the right type. */
export type Sound<T> = T extends readonly (infer Item)[]
  ? readonly (Sound<Item> | undefined)[]
  : T extends object
    ? { readonly [Name in keyof T]?: Sound<T[Name]> | undefined }
    : T;

export type SoundDocument = Sound<RestApiDocument>;

export interface Shape {
  readonly diagnostics: Diagnostic[];
  /** Paths about which the shape already complained: rules stay silent there */
  readonly faultyPaths: ReadonlySet<string>;
  readonly sound: SoundDocument;
}

/** Checks names and types, and leaves out what is wrong so that the rules can look at the rest. */
export function checkShape(value: unknown): Shape {
  const issues = issuesOf(restApiDocument, value);
  const diagnostics = issues.flatMap((issue) => describeIssue(issue, restApiDocument, '')).map(atTheFieldUsersKnow);
  const copy = { root: structuredClone(value) };
  const faults = issues.filter((issue) => issue.code !== 'unrecognized_keys');
  for (const fault of faults) leaveOut(copy, ['root', ...fault.path]);
  return {
    diagnostics,
    faultyPaths: new Set(diagnostics.filter(({ code }) => code !== 'unknown_field').map(({ path }) => path)),
    sound: asSound(copy.root),
  };
}

/** Everything of a wrong type has been left out, and the rest matched the schema: that is what Sound says. */
function asSound(value: unknown): SoundDocument {
  return value ?? {};
}

/** A missing parent is reported at the field that WSO2 names. */
function atTheFieldUsersKnow(diagnostic: Diagnostic): Diagnostic {
  const known = diagnostic.code === 'required' ? REPORTED_AT[diagnostic.path] : undefined;
  return known === undefined ? diagnostic : { ...diagnostic, path: known };
}

const REPORTED_AT: Readonly<Record<string, string>> = { metadata: 'metadata.name', 'spec.upstream': 'spec.upstream.main' };

function leaveOut(root: object, path: readonly PropertyKey[]): void {
  let parent: object = root;
  for (const step of path.slice(0, -1)) {
    const child: unknown = Reflect.get(parent, step);
    if (typeof child !== 'object' || child === null) return;
    parent = child;
  }
  const last = path.at(-1) as PropertyKey;
  // An item keeps its place: the paths of its neighbours count from it.
  if (Array.isArray(parent)) Reflect.set(parent, last, undefined);
  else Reflect.deleteProperty(parent, last);
}
