import { definePolicyRuntime, type Exchange } from '@tidegate/policy-sdk';

import { buildQuotas } from '../limiter/quota-set.ts';
import { rateLimit, type RateLimitParams } from './definition.ts';

/**
 * One set of buckets per attachment: at API level for all operations of the API together, at operation level for that
 * operation. Refused requests are not counted. Headers go out with the answer.
 */
export const rateLimitRuntime = definePolicyRuntime<RateLimitParams>({
  definition: rateLimit,
  build: ({ limit, window, key }, context) =>
    // WSO2's name for a limit that has none of its own.
    buildQuotas([{ name: 'default', limits: [{ limit, windowMs: window * 1000 }], keyOf: KEYS[key], cost: null }], context),
});

const KEYS: Readonly<Record<RateLimitParams['key'], (exchange: Exchange) => string>> = {
  // Prefixes keep a caller named like an address apart from that address.
  consumer: ({ auth, clientAddress }) => (auth === null ? `address:${clientAddress}` : `${auth.type}:${auth.subject}`),
  ip: ({ clientAddress }) => clientAddress,
  api: () => '',
  route: ({ route }) => route.id,
};
