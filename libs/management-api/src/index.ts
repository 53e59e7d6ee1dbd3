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
export { type Endpoint, statusesOf } from './endpoint.ts';
export { ENDPOINTS } from './endpoints.ts';
export { errorBody, type ErrorBody, fieldError, type FieldError } from './errors.ts';
export {
  deletionsConfirmed,
  type DeletionsConfirmed,
  gatewayItem,
  type GatewayItem,
  gatewayList,
  type GatewayList,
  gatewayNode,
  type GatewayNode,
  JOIN_TOKEN_TTL_MS,
  joinTokenAnswer,
  type JoinTokenAnswer,
  joinTokenRequest,
  type JoinTokenRequest,
} from './gateways.ts';
export { LIST_LIMIT_MAX, listOf, paging } from './lists.ts';
export { propagation, type Propagation, waitUntil, type WaitUntil } from './propagation.ts';
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
export { ROLES, type Role } from './roles.ts';
export { CSRF_HEADER, sessionAnswer, type SessionAnswer, sessionRequest, type SessionRequest } from './session.ts';
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
