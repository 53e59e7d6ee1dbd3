import type { ExportedApi } from './export-api.ts';

/** An API's content, flat: path → text. What two sides both say can be compared path by path. */
export type Content = Readonly<Record<string, string>>;

/** The parts of `data` that both the archive and the publisher's answer hold; the rest is constant or APIM's own. */
export interface ComparableApi {
  readonly context?: string | null | undefined;
  readonly endpointConfig?:
    | { readonly production_endpoints?: Endpoint; readonly sandbox_endpoints?: Endpoint }
    | null
    | undefined;
  readonly apiHubPolicies?: readonly PolicyLike[] | null | undefined;
  readonly operations?: readonly OperationLike[] | null | undefined;
}

type Endpoint = { readonly url?: string | null | undefined } | null | undefined;

interface PolicyLike {
  readonly policyName: string;
  readonly policyVersion?: string | null | undefined;
  readonly parameters?: Readonly<Record<string, unknown>> | null | undefined;
}

interface OperationLike {
  readonly target: string;
  readonly verb: string;
  readonly operationHubPolicies?: readonly PolicyLike[] | null | undefined;
}

/** What is not said at all has no path, and is not compared. Pure. */
export function contentOf({ context, endpointConfig, apiHubPolicies, operations }: ComparableApi): Content {
  const endpoints = [
    ['endpoint.production', endpointConfig?.production_endpoints?.url],
    ['endpoint.sandbox', endpointConfig?.sandbox_endpoints?.url],
  ] as const;
  const said: [string, string | null | undefined][] = [
    ['context', context],
    ...endpoints.map(([path, url]): [string, string | null | undefined] => [path, url]),
    ['policies', apiHubPolicies ? policiesText(apiHubPolicies) : null],
    ...(operations ?? []).map(({ target, verb, operationHubPolicies }): [string, string] => [
      `operations.${verb.toUpperCase()} ${target}`,
      policiesText(operationHubPolicies ?? []),
    ]),
  ];
  return Object.fromEntries(said.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

export function exportedContent({ data }: ExportedApi): Content {
  return contentOf(data);
}

function policiesText(policies: readonly PolicyLike[]): string {
  return JSON.stringify(
    policies.map(({ policyName, policyVersion, parameters }) => [policyName, policyVersion ?? '', sorted(parameters ?? {})]),
  );
}

/** Keys in order, so that the order in which a side writes them is no difference. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, each]) => [key, sorted(each)]));
}
