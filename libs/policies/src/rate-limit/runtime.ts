import { definePolicyRuntime, type Exchange, type Verdict } from '@tidegate/policy-sdk';

import { noteCharge, tooManyRequests, writeNotedCharges } from '../limiter/rate-headers.ts';
import { limiterFor, limiterSettings } from '../limiter/settings.ts';
import { rateLimit, type RateLimitParams } from './definition.ts';

/**
 * One set of buckets per attachment: at API level for all operations of the API together, at operation level for that
 * operation. Refused requests are not counted. Headers go out with the answer.
 */
export const rateLimitRuntime = definePolicyRuntime<RateLimitParams>({
  definition: rateLimit,
  build(params, { settings, state, now }) {
    const { headers, ...rest } = limiterSettings.parse(settings);
    const quota = { limit: params.limit, windowMs: params.window * 1000 };
    const limiter = state(() => limiterFor(quota, { headers, ...rest }));
    const keyOf = KEYS[params.key];
    return {
      requestHeaders(exchange): Verdict {
        const nowMs = now();
        const decision = limiter.take(keyOf(exchange), nowMs);
        const charge = { quotaName: QUOTA_NAME, quota, decision };
        if (!decision.allowed) return tooManyRequests(charge, headers, nowMs);
        noteCharge(exchange, charge);
        return undefined;
      },
      responseHeaders(exchange): void {
        writeNotedCharges(exchange, headers, now());
      },
    };
  },
});

/** WSO2's name for a limit that has none of its own. */
const QUOTA_NAME = 'default';

const KEYS: Readonly<Record<RateLimitParams['key'], (exchange: Exchange) => string>> = {
  // Prefixes keep a caller named like an address apart from that address.
  consumer: ({ auth, clientAddress }) => (auth === null ? `address:${clientAddress}` : `${auth.type}:${auth.subject}`),
  ip: ({ clientAddress }) => clientAddress,
  api: () => '',
  route: ({ route }) => route.id,
};
