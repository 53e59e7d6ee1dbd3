import type { PolicyDefinition } from '@tidegate/policy-sdk';

import { advancedRatelimit } from './advanced-ratelimit/definition.ts';
import { apiKeyAuth } from './api-key-auth/definition.ts';
import { backendJwt } from './backend-jwt/definition.ts';
import { basicAuth } from './basic-auth/definition.ts';
import { basicRatelimit } from './basic-ratelimit/definition.ts';
import { cache } from './cache/definition.ts';
import { circuitBreaker } from './circuit-breaker/definition.ts';
import { contentLengthGuardrail } from './content-length-guardrail/definition.ts';
import { cors } from './cors/definition.ts';
import { dynamicEndpoint } from './dynamic-endpoint/definition.ts';
import { hostRewrite } from './host-rewrite/definition.ts';
import { interceptorService } from './interceptor-service/definition.ts';
import { ipFilter } from './ip-filter/definition.ts';
import { jsonSchemaGuardrail } from './json-schema-guardrail/definition.ts';
import { jsonXmlMediator } from './json-xml-mediator/definition.ts';
import { jwtAuth } from './jwt-auth/definition.ts';
import { logMessage } from './log-message/definition.ts';
import { opaqueTokenAuth } from './opaque-token-auth/definition.ts';
import { rateLimit } from './rate-limit/definition.ts';
import { redirect } from './redirect/definition.ts';
import { regexGuardrail } from './regex-guardrail/definition.ts';
import { removeHeaders } from './remove-headers/definition.ts';
import { requestRewrite } from './request-rewrite/definition.ts';
import { respond } from './respond/definition.ts';
import { retry } from './retry/definition.ts';
import { setHeaders } from './set-headers/definition.ts';
import { subscriptionValidation } from './subscription-validation/definition.ts';

/** Every policy a document may name. One line per policy, in alphabetical order. */
export const policyDefinitions: readonly PolicyDefinition[] = [
  // a … z
  advancedRatelimit,
  apiKeyAuth,
  backendJwt,
  basicAuth,
  basicRatelimit,
  cache,
  circuitBreaker,
  contentLengthGuardrail,
  cors,
  dynamicEndpoint,
  hostRewrite,
  interceptorService,
  ipFilter,
  jsonSchemaGuardrail,
  jsonXmlMediator,
  jwtAuth,
  logMessage,
  opaqueTokenAuth,
  rateLimit,
  redirect,
  regexGuardrail,
  removeHeaders,
  requestRewrite,
  respond,
  retry,
  setHeaders,
  subscriptionValidation,
];
