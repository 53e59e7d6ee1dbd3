export { definePolicy, type PolicyCategory, type PolicyDefinition, type PolicyPhase } from './definition.ts';
export { type AuthContext, type Exchange, type ResponseView, type RouteFacts, type UpstreamRequest } from './exchange.ts';
export {
  type AnswerTap,
  type ApartOutcome,
  type Forwarder,
  type ForwardFailure,
  type ForwardOutcome,
  type UpstreamAnswer,
} from './forwarding.ts';
export {
  type ApiFacts,
  type ApiKeyRecord,
  type ApiKeys,
  type BuildContext,
  definePolicyRuntime,
  type ImmediateResponse,
  jsonResponse,
  type Policy,
  type PolicyLevel,
  type PolicyRuntime,
  type SubscriptionQuota,
  type SubscriptionRecord,
  type Subscriptions,
  type Verdict,
} from './runtime.ts';
export { type RedisCall, type RedisCalls, type RedisScript, type RedisServer } from './redis-calls.ts';
export { type HttpAnswer, type HttpCall, type HttpCalls } from './http-calls.ts';
export { type Cell, type SharedCells } from './shared-cells.ts';
export { canonicalJson } from './canonical-json.ts';
export { type CelType, compileCondition, compileExpression } from './condition.ts';
export { linearRegex, regexPattern } from './linear-regex.ts';
export { withCondition } from './with-condition.ts';
