import type { PolicyRuntime } from '@tidegate/policy-sdk';

import { advancedRatelimitRuntime } from './advanced-ratelimit/runtime.ts';
import { apiKeyAuthRuntime } from './api-key-auth/runtime.ts';
import { backendJwtRuntime } from './backend-jwt/runtime.ts';
import { basicAuthRuntime } from './basic-auth/runtime.ts';
import { basicRatelimitRuntime } from './basic-ratelimit/runtime.ts';
import { cacheRuntime } from './cache/runtime.ts';
import { circuitBreakerRuntime } from './circuit-breaker/runtime.ts';
import { contentLengthGuardrailRuntime } from './content-length-guardrail/runtime.ts';
import { corsRuntime } from './cors/runtime.ts';
import { dynamicEndpointRuntime } from './dynamic-endpoint/runtime.ts';
import { hostRewriteRuntime } from './host-rewrite/runtime.ts';
import { interceptorServiceRuntime } from './interceptor-service/runtime.ts';
import { ipFilterRuntime } from './ip-filter/runtime.ts';
import { jsonSchemaGuardrailRuntime } from './json-schema-guardrail/runtime.ts';
import { jsonXmlMediatorRuntime } from './json-xml-mediator/runtime.ts';
import { jwtAuthRuntime } from './jwt-auth/runtime.ts';
import { logMessageRuntime } from './log-message/runtime.ts';
import { opaqueTokenAuthRuntime } from './opaque-token-auth/runtime.ts';
import { rateLimitRuntime } from './rate-limit/runtime.ts';
import { redirectRuntime } from './redirect/runtime.ts';
import { regexGuardrailRuntime } from './regex-guardrail/runtime.ts';
import { removeHeadersRuntime } from './remove-headers/runtime.ts';
import { requestRewriteRuntime } from './request-rewrite/runtime.ts';
import { respondRuntime } from './respond/runtime.ts';
import { retryRuntime } from './retry/runtime.ts';
import { setHeadersRuntime } from './set-headers/runtime.ts';
import { subscriptionValidationRuntime } from './subscription-validation/runtime.ts';

/** How every policy runs. One line per policy, in alphabetical order. */
export const policyRuntimes: readonly PolicyRuntime[] = [
  // a … z
  advancedRatelimitRuntime,
  apiKeyAuthRuntime,
  backendJwtRuntime,
  basicAuthRuntime,
  basicRatelimitRuntime,
  cacheRuntime,
  circuitBreakerRuntime,
  contentLengthGuardrailRuntime,
  corsRuntime,
  dynamicEndpointRuntime,
  hostRewriteRuntime,
  interceptorServiceRuntime,
  ipFilterRuntime,
  jsonSchemaGuardrailRuntime,
  jsonXmlMediatorRuntime,
  jwtAuthRuntime,
  logMessageRuntime,
  opaqueTokenAuthRuntime,
  rateLimitRuntime,
  redirectRuntime,
  regexGuardrailRuntime,
  removeHeadersRuntime,
  requestRewriteRuntime,
  respondRuntime,
  retryRuntime,
  setHeadersRuntime,
  subscriptionValidationRuntime,
];
