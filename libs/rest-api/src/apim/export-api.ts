import { hash } from 'node:crypto';

import type { RestApiDocument } from '../document.ts';
import { operationMatch } from '../operation-match.ts';
import { resolvedContext } from '../resolved.ts';

import { type Definition, generateDefinition } from './definition.ts';
import { type HubPolicy, hubPolicies } from './hub-policies.ts';
import { type Loss, lossesOf } from './losses.ts';
import { unrepresentedOf } from './unrepresented.ts';
import { upstreamUrls } from './upstream-urls.ts';

export interface ExportOptions {
  /** Name under which this gateway is an environment of APIM */
  readonly gatewayName: string;
  readonly provider: string;
}

/** A RestApi in APIM's words, without our marks. */
export interface ExportedApi {
  readonly name: string;
  readonly version: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly environments: readonly { readonly deploymentEnvironment: string; readonly displayOnDevportal: boolean }[];
  readonly definition: Definition;
  /** What APIM has no place for (unrepresented.ts) */
  readonly unrepresented: string;
  readonly losses: readonly Loss[];
  /** SHA-256 hex over all of the above but the losses: equal content, equal hash, whatever the generation */
  readonly hash: string;
}

export type Exported = { readonly ok: true; readonly api: ExportedApi } | { readonly ok: false; readonly message: string };

/** The content of the import archive (reference §4.4-§4.6). Fails only where APIM could not take it: without an upstream URL. */
export function exportApi(document: RestApiDocument, { gatewayName, provider }: ExportOptions): Exported {
  const { displayName: name, version } = document.spec;
  const { production, sandbox } = upstreamUrls(document);
  if (production === null) return { ok: false, message: 'no upstream URL configured for endpoint' };

  const operations = operationsOf(document);
  const data = {
    name,
    version,
    context: resolvedContext(document),
    ...CONSTANTS,
    provider,
    apiHubPolicies: hubPolicies(document.spec.policies),
    endpointConfig: {
      endpoint_type: 'http',
      production_endpoints: { url: production },
      sandbox_endpoints: { url: sandbox ?? production },
    },
    operations,
  };
  const environments = [{ deploymentEnvironment: gatewayName, displayOnDevportal: true }];
  const definition = generateDefinition(name, version, production, operations);
  const losses = lossesOf(document);
  const content = { data, environments, definition, unrepresented: unrepresentedOf(document, losses) };
  const digest = hash('sha256', JSON.stringify(content));
  return { ok: true, api: { name, version, ...content, losses, hash: digest } };
}

/** What WSO2's gateway sends for every API. */
const CONSTANTS = {
  type: 'HTTP',
  transport: ['http', 'https'],
  tags: [],
  policies: ['Unlimited'],
  securityScheme: ['oauth_basic_auth_api_key_mandatory'],
  visibility: 'PUBLIC',
  visibleRoles: [],
  visibleTenants: [],
  visibleOrganizations: ['none'],
  mediationPolicies: [],
  responseCachingEnabled: false,
  cacheTimeout: 300,
  hasThumbnail: false,
  isDefaultVersion: false,
  isRevision: false,
  revisionId: 0,
  enableSchemaValidation: false,
  gatewayType: 'APIPlatform',
  gatewayVendor: 'wso2',
  initiatedFromGateway: true,
  endpointImplementationType: 'ENDPOINT',
} as const;

interface ExportedOperation {
  readonly target: string;
  readonly verb: string;
  readonly operationHubPolicies: readonly HubPolicy[];
}

/** One per method and path, the first in the document; the others are among the losses. */
function operationsOf({ spec }: RestApiDocument): ExportedOperation[] {
  const operations = new Map<string, ExportedOperation>();
  for (const operation of spec.operations) {
    const { method: verb, path: target } = operationMatch(operation);
    const key = `${verb} ${target}`;
    if (operations.has(key)) continue;
    operations.set(key, {
      ...OPERATION_CONSTANTS,
      target,
      verb,
      operationHubPolicies: hubPolicies(operation.policies),
    });
  }
  return [...operations.values()];
}

const OPERATION_CONSTANTS = {
  id: '',
  authType: 'Application & Application User',
  throttlingPolicy: 'Unlimited',
  scopes: [],
  usedProductIds: [],
  payloadSchema: null,
  uriMapping: null,
  operationPolicies: { request: [], response: [], fault: [] },
} as const;
