import { z } from 'zod';

/**
 * The shape of a RestApi document: which fields exist and which types they have. What the values must look like is said by
 * the rules (rules/), so that one wrong type does not hide the other mistakes. Message texts are WSO2's where it has one.
 */
export type RestApiDocument = z.infer<typeof restApiDocument>;
export type Operation = RestApiDocument['spec']['operations'][number];
export type PolicyAttachment = NonNullable<RestApiDocument['spec']['policies']>[number];
export type UpstreamRef = RestApiDocument['spec']['upstream']['main'];

/** The error of a required field: its own text when it is missing or null, the general one when it has another type. */
function missing(text: string) {
  return {
    error: (issue: { readonly input?: unknown }) => (issue.input === undefined || issue.input === null ? text : undefined),
  };
}

/**
 * WSO2 has no such bounds. A document is multiplied out (operations × hosts × policies) before it travels, and each router
 * holds all of it.
 */
const OPERATIONS_MAX = 5000;
const POLICIES_MAX = 50;
const HEADERS_MAX = 16;
const UPGRADES_MAX = 8;
const DEFINITIONS_MAX = 100;
const TARGETS_MAX = 100;

const stateName = z.enum(['deployed', 'undeployed'], { error: "Must be 'deployed' or 'undeployed'" });

const upstreamRef = z.strictObject(
  {
    url: z.string().optional(),
    /** Name of one of `upstreamDefinitions` */
    ref: z.string().optional(),
    hostRewrite: z.enum(['auto', 'manual'], { error: "hostRewrite must be 'auto' or 'manual'" }).optional(),
  },
  missing("Must specify either 'url' or 'ref'"),
);

const upstreamDefinition = z.strictObject({
  name: z.string(missing('Upstream definition name is required')),
  basePath: z.string().optional(),
  timeout: z.strictObject({ connect: z.string().optional() }).optional(),
  upstreams: z
    .array(
      z.strictObject({ url: z.string(missing('URL is required')), weight: z.number().optional() }),
      missing('At least one upstream target is required'),
    )
    .max(TARGETS_MAX),
});

const resilience = z.strictObject({ timeout: z.string().optional(), idleTimeout: z.string().optional() });

const policyAttachment = z.strictObject({
  name: z.string(missing('Policy name is required')),
  /** Major only ("v1"); absent or "" = highest */
  version: z.string().optional(),
  /** CEL */
  executionCondition: z.string().optional(),
  params: z.record(z.string(), z.unknown()).optional(),
});

const operation = z.strictObject({
  method: z.string().optional(),
  path: z.string().optional(),
  /** The rich form; where present, `method` and `path` beside it are ignored */
  match: z
    .strictObject({
      method: z.string().optional(),
      path: z
        .strictObject({
          value: z.string().optional(),
          type: z.enum(['Exact', 'PathPrefix'], { error: "Path match type must be 'Exact' or 'PathPrefix'" }).optional(),
        })
        .optional(),
      headers: z
        .array(
          z.strictObject({
            name: z.string(missing('Header name is required')),
            value: z.string(missing('Header value is required')),
            type: z
              .enum(['Exact', 'RegularExpression'], { error: "Header match type must be 'Exact' or 'RegularExpression'" })
              .optional(),
          }),
        )
        .max(HEADERS_MAX)
        .optional(),
    })
    .optional(),
  policies: z.array(policyAttachment).max(POLICIES_MAX).optional(),
  resilience: resilience.optional(),
  /** Protocols a client may switch to, e.g. "websocket"; absent = none. WSO2's gateway has no such thing */
  upgrade: z.array(z.string()).max(UPGRADES_MAX).optional(),
});

export const restApiDocument = z.strictObject({
  /** Not checked by WSO2 either: the guide says v1alpha1, the server v1 */
  apiVersion: z.string().optional(),
  kind: z.literal('RestApi', { error: "Unsupported kind (must be 'RestApi')" }),
  metadata: z.strictObject(
    {
      name: z.string(missing('Metadata name is required')),
      labels: z.record(z.string(), z.string()).optional(),
      annotations: z.record(z.string(), z.string()).optional(),
    },
    missing('Metadata name is required'),
  ),
  spec: z.strictObject(
    {
      displayName: z.string(missing('API display name is required')),
      version: z.string(missing('API version is required')),
      context: z.string(missing('Context is required')),
      upstreamDefinitions: z.array(upstreamDefinition).max(DEFINITIONS_MAX).optional(),
      upstream: z.strictObject(
        { main: upstreamRef, sandbox: upstreamRef.optional() },
        missing("Must specify either 'url' or 'ref'"),
      ),
      resilience: resilience.optional(),
      operations: z.array(operation, missing('At least one operation is required')).max(OPERATIONS_MAX),
      policies: z.array(policyAttachment).max(POLICIES_MAX).optional(),
      /** How operation-level policies meet API-level ones of the same name (decision 8); absent = the gateway's default */
      policyMerge: z.enum(['override', 'additive'], { error: "policyMerge must be 'override' or 'additive'" }).optional(),
      vhosts: z.strictObject({ main: z.string().optional(), sandbox: z.string().optional() }).optional(),
      /** Names of plans */
      subscriptionPlans: z.array(z.string()).optional(),
      /** The guide's spelling and WSO2's of the same thing (decision 4) */
      desiredState: stateName.optional(),
      deploymentState: stateName.optional(),
    },
    missing('Spec is required'),
  ),
});
