import { policyDefinitions } from '@tidegate/policies/definitions';
import { parseRestApi } from '@tidegate/rest-api';

import { lineOfPath } from './line-of-path.ts';

export interface Finding {
  readonly path: string;
  readonly message: string;
  /** From 1 */
  readonly line: number;
}

/** What the server would say about the text alone, before it is sent; what depends on other APIs only the server knows. */
export function checkDocument(text: string): readonly Finding[] {
  if (text.trim() === '') return [];
  const parsed = parseRestApi(text, 'application/yaml');
  if (!parsed.ok) {
    if (parsed.diagnostics.length === 0) return [{ path: '', message: parsed.message, line: lineInMessage(parsed.message) }];
    return located(text, parsed.diagnostics);
  }
  return located(text, unknownPolicies(parsed.value.spec));
}

export function located(text: string, diagnostics: readonly { path: string; message: string }[]): readonly Finding[] {
  return diagnostics.map(({ path, message }) => ({ path, message, line: lineOfPath(text, path) }));
}

/** "… at line 3, column 5" */
function lineInMessage(message: string): number {
  return Number(/\bline (\d+)/.exec(message)?.[1] ?? 1);
}

interface Attaches {
  readonly policies?: readonly { readonly name: string }[] | undefined;
}

function unknownPolicies(spec: Attaches & { readonly operations: readonly Attaches[] }) {
  const known = new Set(policyDefinitions.map(({ name }) => name));
  const wrong = ({ policies = [] }: Attaches, place: string) =>
    policies.flatMap(({ name }, at) =>
      known.has(name)
        ? []
        : [{ path: `${place}.policies[${at}].name`, message: `There is no policy "${name}" in this release of the console` }],
    );
  return [...wrong(spec, 'spec'), ...spec.operations.flatMap((operation, at) => wrong(operation, `spec.operations[${at}]`))];
}
