import type { PolicyDefinition } from '@tidegate/policy-sdk';

import { apiKeyAuth } from './api-key-auth/definition.ts';
import { rateLimit } from './rate-limit/definition.ts';

/** Every policy a document may name. One line per policy, in alphabetical order. */
export const policyDefinitions: readonly PolicyDefinition[] = [
  // a … z
  apiKeyAuth,
  rateLimit,
];
