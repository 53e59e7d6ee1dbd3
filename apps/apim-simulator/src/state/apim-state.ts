import type { SimulatedKey } from './api-keys.ts';
import type { SimulatedGateway } from './gateways.ts';

/**
 * What an APIM knows. One mutable object: handlers are synchronous, so each sees and leaves it whole.
 * `apis` is what a restart keeps (state-file.ts); the rest lives as long as the process.
 */
export type ApimState = {
  /** by id, in order of creation */
  readonly apis: Map<string, SimulatedApi>;
  /** by "<api id> <name>" */
  readonly apiKeys: Map<string, SimulatedKey>;
  /** values of the cloud control plane, by handle */
  readonly secrets: Map<string, string>;
  /** by id */
  readonly gateways: Map<string, SimulatedGateway>;
  /** what cloud gateways said of themselves, newest last */
  readonly manifests: unknown[];
  /** names; every gateway is one */
  readonly environments: Set<string>;
  readonly tokens: Map<string, IssuedToken>;
  /** events for gateways, kept until written to a socket (reference §2.7) */
  pendingEvents: { readonly gatewayId: string; readonly event: GatewayEvent }[];
  readonly acks: ReceivedAck[];
};

export type SimulatedApi = {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  context: string;
  readonly createdAt: string;
  updatedAt: string;
  /** reads answer 404 until then, ms since the epoch; 0 = visible */
  hiddenUntilMs: number;
  /** `data` of the api.yaml last imported */
  data: ApiData;
  swagger: string;
  /** oldest first, never more than the limit */
  revisions: Revision[];
  /** number of the latest revision ever made: numbers are not reused when old ones rotate out */
  lastRevision: number;
};

export type Revision = {
  readonly id: string;
  readonly number: number;
  readonly createdAt: string;
  readonly data: ApiData;
  deployments: Deployment[];
};

export type Deployment = { readonly name: string; readonly displayOnDevportal: boolean; readonly deployedAt: string };

/** The parts of api.yaml that something here looks at; the rest is kept and given back as it came. */
export type ApiData = {
  readonly name: string;
  readonly version: string;
  readonly context: string;
  readonly provider?: string;
  readonly additionalProperties: readonly AdditionalProperty[];
  readonly apiHubPolicies: readonly HubPolicy[];
  readonly operations: readonly ApiOperation[];
  readonly endpointConfig: {
    readonly production_endpoints: { readonly url: string };
    readonly sandbox_endpoints?: { readonly url: string };
  };
  readonly [other: string]: unknown;
};

export type AdditionalProperty = { readonly name: string; readonly value: string; readonly display: boolean };
export type HubPolicy = {
  readonly policyId: string;
  readonly policyName: string;
  readonly policyVersion: string;
  readonly parameters: Readonly<Record<string, unknown>>;
};
export type ApiOperation = {
  readonly target: string;
  readonly verb: string;
  readonly operationHubPolicies: readonly HubPolicy[];
};

export type IssuedToken = {
  readonly token: string;
  readonly subject: string;
  readonly grantType: string;
  readonly scopes: readonly string[];
  readonly expiresAtMs: number;
};

export type GatewayEvent = {
  readonly type: string;
  readonly payload: unknown;
  readonly timestamp: string;
  readonly correlationId: string;
};

export type ReceivedAck = { readonly at: string; readonly payload: unknown };

/** An APIM fresh from the installer. */
export function emptyState(environments: readonly string[]): ApimState {
  return {
    apis: new Map(),
    apiKeys: new Map(),
    secrets: new Map(),
    gateways: new Map(),
    manifests: [],
    environments: new Set(environments),
    tokens: new Map(),
    pendingEvents: [],
    acks: [],
  };
}

/** The API of that name and version: what APIM takes an import to mean. */
export function apiByNameVersion(state: ApimState, name: string, version: string): SimulatedApi | undefined {
  for (const api of state.apis.values()) {
    if (api.name === name && api.version === version) return api;
  }
  return undefined;
}
