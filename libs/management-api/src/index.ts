export {
  apiKeyCreated,
  type ApiKeyCreated,
  apiKeyItem,
  type ApiKeyItem,
  apiKeyList,
  type ApiKeyList,
  apiKeyListQuery,
  type ApiKeyListQuery,
  apiKeyRegeneration,
  type ApiKeyRegeneration,
  apiKeyReleased,
  type ApiKeyReleased,
  apiKeyRequest,
  type ApiKeyRequest,
  apiKeyRevoked,
  apiKeyUpdate,
  type ApiKeyUpdate,
  apiKeyUpdated,
  type ApiKeyUpdated,
} from './api-keys.ts';
export { auditEntry, auditList, type AuditList, auditListQuery, type AuditListQuery } from './audit-log.ts';
export { type Endpoint, statusesOf } from './endpoint.ts';
export { ENDPOINTS } from './endpoints.ts';
export {
  deploymentItem,
  type DeploymentItem,
  type DeploymentList,
  deploymentRequest,
  type DeploymentRequest,
  environmentItem,
  type EnvironmentItem,
  environmentList,
  type EnvironmentList,
  environmentListQuery,
  type EnvironmentListQuery,
  environmentPatch,
  type EnvironmentPatch,
  environmentRequest,
  type EnvironmentRequest,
} from './environments.ts';
export {
  type MigrationCheck,
  migrationComplete,
  type MigrationComplete,
  migrationItem,
  type MigrationItem,
  migrationList,
  type MigrationList,
  migrationListQuery,
  migrationRequest,
  migrationStep1,
  type MigrationStep1,
  migrationStepDone,
  type MigrationStepDone,
} from './migrations.ts';
export { errorBody, type ErrorBody, fieldError, type FieldError } from './errors.ts';
export { changeEvent, type ChangeEvent, EVENT_TYPES, eventQuery, type EventQuery } from './events.ts';
export {
  ATTENTION_ORDER,
  GATEWAY_STATE_LABELS,
  gatewayIssue,
  type GatewayIssue,
  gatewayState,
  type GatewayState,
  gatewayStatus,
  type GatewayStatus,
  NODE_STATE_LABELS,
  nodeState,
  type NodeState,
} from './gateway-status.ts';
export {
  deletionsConfirmed,
  type DeletionsConfirmed,
  gatewayDeleted,
  gatewayDeleteQuery,
  type GatewayDeleteQuery,
  gatewayItem,
  type GatewayItem,
  gatewayList,
  type GatewayList,
  gatewayListQuery,
  type GatewayListQuery,
  gatewayNode,
  type GatewayNode,
  gatewayPatch,
  type GatewayPatch,
  gatewayRequest,
  type GatewayRequest,
  JOIN_TOKEN_TTL_MS,
  joinTokenAnswer,
  type JoinTokenAnswer,
  joinTokenRequest,
  type JoinTokenRequest,
  nodeList,
  type NodeList,
  tokenCreated,
  tokenList,
  type TokenList,
  tokenRequest,
  type TokenRequest,
} from './gateways.ts';
export { LIST_LIMIT_MAX, listOf, paging } from './lists.ts';
export { openApiDocument, type OpenApiDocument, type OpenApiOperation } from './openapi.ts';
export { propagation, type Propagation, waitUntil, type WaitUntil } from './propagation.ts';
export {
  applied,
  type Applied,
  appliedItem,
  type AppliedItem,
  applyRequest,
  type ApplyRequest,
  DOCUMENTS_MAX,
  dryRun,
  type DryRun,
  routeChanges,
  type RouteChanges,
} from './rest-api-sets.ts';
export { policyItem, type PolicyItem, policyList, type PolicyList, policyListQuery, type PolicyListQuery } from './policies.ts';
export {
  openApiExport,
  openApiImport,
  type OpenApiImport,
  openApiImportQuery,
  type OpenApiImportQuery,
} from './openapi-import.ts';
export { explainAnswer, type ExplainAnswer, explainQuestion, type ExplainQuestion } from './explain.ts';
export {
  restApiAnswer,
  type RestApiAnswer,
  restApiDeleted,
  restApiList,
  type RestApiList,
  restApiListQuery,
  type RestApiListQuery,
  type RestApiSort,
  syncRequest,
  type SyncRequest,
} from './rest-apis.ts';
export {
  revision,
  type Revision,
  revisionItem,
  revisionList,
  type RevisionList,
  revisionListQuery,
  type RevisionListQuery,
} from './revisions.ts';
export { ROLES, type Role } from './roles.ts';
export { CSRF_HEADER, sessionAnswer, type SessionAnswer, sessionRequest, type SessionRequest } from './session.ts';
export {
  subscriptionPlan,
  type SubscriptionPlan,
  subscriptionPlanList,
  type SubscriptionPlanList,
  subscriptionPlanListQuery,
  type SubscriptionPlanListQuery,
  subscriptionPlanPatch,
  type SubscriptionPlanPatch,
  subscriptionPlanRequest,
  type SubscriptionPlanRequest,
  THROTTLE_UNITS,
} from './subscription-plans.ts';
export {
  subscription,
  type Subscription,
  subscriptionList,
  type SubscriptionList,
  subscriptionListQuery,
  type SubscriptionListQuery,
  subscriptionPatch,
  type SubscriptionPatch,
  subscriptionRequest,
  type SubscriptionRequest,
} from './subscriptions.ts';
export { cpSyncInfo, type CpSyncInfo, cpSyncStatus, type CpSyncStatus } from './sync-status.ts';
export {
  apiSync,
  type ApiSync,
  syncAttempt,
  type SyncAttempt,
  syncOverview,
  type SyncOverview,
  syncQueue,
  type SyncQueue,
  syncQueueItem,
  type SyncQueueItem,
  syncQueueQuery,
  type SyncQueueQuery,
  syncSteered,
  type SyncSteered,
} from './sync.ts';
export { type Difference, verification, type Verification, type VerifiedGateway } from './verify.ts';
export {
  trafficAnswer,
  type TrafficAnswer,
  trafficPoint,
  type TrafficPoint,
  trafficQuery,
  type TrafficQuery,
} from './traffic.ts';
