import type { PolicyRuntime } from '@tidegate/policy-sdk';

import { apiKeyAuthRuntime } from './api-key-auth/runtime.ts';
import { rateLimitRuntime } from './rate-limit/runtime.ts';

/** How every policy runs. One line per policy, in alphabetical order. */
export const policyRuntimes: readonly PolicyRuntime[] = [
  // a … z
  apiKeyAuthRuntime,
  rateLimitRuntime,
];
