import { PolicyLevel, type PolicyUse } from '@tidegate/gateway-ir';
import { canonicalJson, type PolicyDefinition } from '@tidegate/policy-sdk';
import { type Diagnostic, jsonPath, type RestApiDocument } from '@tidegate/rest-api';

import { attachmentsOf, type PlacedAttachment } from './policy-attachments.ts';
import { resolvePolicy } from './resolve-policy.ts';
import { sealSecrets } from './seal-secrets.ts';

interface PolicyRules {
  readonly definitions: readonly PolicyDefinition[];
  /** From the root of the document */
  readonly secretPlaces: readonly (readonly PropertyKey[])[];
  readonly defaultMerge: 'override' | 'additive';
}

export interface CompiledPolicies {
  /** API-level ones in listed order, then those of each operation */
  readonly uses: PolicyUse[];
  /** Secrets that cannot travel sealed */
  readonly diagnostics: Diagnostic[];
  /** Indexes into `uses`, in the order of execution */
  readonly chainOf: (operationIndex: number) => number[];
}

/**
 * Attachments that do not resolve are left out; the compiler's check reports them and nothing is served then.
 *
 * How the two levels meet (decision 8): with `override` the operation's policies of a name stand where the API's first one of
 * that name stood and replace all of them, for that operation; the others follow. With `additive` all of the API's come first,
 * then all of the operation's.
 */
export function compilePolicies(
  document: RestApiDocument,
  { definitions, secretPlaces, defaultMerge }: PolicyRules,
): CompiledPolicies {
  const diagnostics: Diagnostic[] = [];
  const uses: PolicyUse[] = [];
  const ofApi: number[] = [];
  const ofOperation = new Map<number, number[]>();
  for (const placed of attachmentsOf(document)) {
    const use = compileUse(placed, definitions, secretPlaces);
    if (use === null) continue;
    if ('path' in use) {
      diagnostics.push(use);
      continue;
    }
    const index = uses.push(use) - 1;
    if (placed.operationIndex === null) ofApi.push(index);
    else ofOperation.set(placed.operationIndex, [...(ofOperation.get(placed.operationIndex) ?? []), index]);
  }
  const nameOf = (index: number) => uses[index]?.name;
  const merge = (document.spec.policyMerge ?? defaultMerge) === 'override' ? override : additive;
  return { uses, diagnostics, chainOf: (at) => merge(ofApi, ofOperation.get(at) ?? [], nameOf) };
}

type Merge = (ofApi: readonly number[], own: readonly number[], nameOf: (index: number) => string | undefined) => number[];

const additive: Merge = (ofApi, own) => [...ofApi, ...own];

const override: Merge = (ofApi, own, nameOf) => {
  const named = (name: string | undefined) => own.filter((index) => nameOf(index) === name);
  const chain = ofApi.flatMap((index) => {
    const replacements = named(nameOf(index));
    return replacements.length === 0 ? [index] : replacements;
  });
  // An API-level name that occurs twice must not bring its replacements in twice.
  return [...new Set([...chain, ...own])];
};

/** `null` = it does not resolve. */
function compileUse(
  placed: PlacedAttachment,
  definitions: readonly PolicyDefinition[],
  secretPlaces: PolicyRules['secretPlaces'],
): PolicyUse | Diagnostic | null {
  const { attachment, path, operationIndex, position } = placed;
  const resolved = resolvePolicy(attachment, path, definitions);
  if (!resolved.ok) return null;
  const sealing = sealSecrets(resolved.definition, resolved.params, placesWithin(placed, secretPlaces));
  if (!sealing.ok) {
    const message = 'A secret may stand where the policy takes a text, and only there';
    return { path: jsonPath(sealing.place, `${path}.params`), code: 'secret_not_text', message };
  }
  const { params, sealed } = sealing;
  return {
    name: resolved.definition.name,
    version: resolved.definition.version,
    level: operationIndex === null ? PolicyLevel.API : PolicyLevel.OPERATION,
    position,
    operationIndex: operationIndex ?? 0,
    paramsJson: canonicalJson(params),
    executionCondition: attachment.executionCondition ?? '',
    sealedParams: sealed,
  };
}

/** Those below the parameters of this attachment, from there on. */
function placesWithin(
  { operationIndex, position }: PlacedAttachment,
  places: PolicyRules['secretPlaces'],
): (readonly PropertyKey[])[] {
  const above = operationIndex === null ? ['spec'] : ['spec', 'operations', operationIndex];
  const root = [...above, 'policies', position, 'params'];
  return places.filter((place) => root.every((step, at) => place[at] === step)).map((place) => place.slice(root.length));
}
