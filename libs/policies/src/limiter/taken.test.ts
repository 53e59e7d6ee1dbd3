import type { BuildContext, Policy } from '@tidegate/policy-sdk';
import { expect, it } from 'vitest';

import { advancedRatelimit } from '../advanced-ratelimit/definition.ts';
import { advancedRatelimitRuntime } from '../advanced-ratelimit/runtime.ts';
import { rateLimitRuntime } from '../rate-limit/runtime.ts';
import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { subscriptionValidationRuntime } from '../subscription-validation/runtime.ts';

const now = () => 1_763_769_610_000;

function limit(requests: number, attachment: string): Policy {
  return rateLimitRuntime.build({ limit: requests, window: 60, key: 'api' }, sampleContext({ now, attachment }));
}

/** One request through a chain, as the router would send it: statuses, and what the answer says is left of the first limit. */
async function send(chain: readonly Policy[], headers: Record<string, string> = {}) {
  const exchange = sampleExchange({ headers });
  for (const step of chain) {
    const verdict = await step.requestHeaders?.(exchange);
    if (verdict !== undefined) return verdict.status;
  }
  for (const step of chain) {
    const verdict = await step.requestBody?.(exchange, Buffer.from('{"n":1}'));
    if (verdict !== undefined) return verdict.status;
  }
  return 200;
}

it('what a later limit refuses, an earlier one of another policy gets back', async () => {
  const [wide, narrow] = [limit(10, 'a'), limit(2, 'b')];
  const statuses = [];
  for (let at = 0; at < 20; at++) statuses.push(await send([wide, narrow]));
  expect(statuses.filter((status) => status === 200)).toHaveLength(2);
  // Ten less the two that passed are left for others.
  for (let at = 0; at < 8; at++) expect(await send([wide])).toBe(200);
  expect(await send([wide])).toBe(429);
});

it('a refusal for another reason counts: guessing keys is what limits are for', async () => {
  const wide = limit(3, 'a');
  const locked: Policy = { requestHeaders: () => ({ status: 401, headers: [], body: '' }) };
  const statuses = [];
  for (let at = 0; at < 5; at++) statuses.push(await send([wide, locked]));
  expect(statuses).toEqual([401, 401, 401, 429, 429]);
});

it('also across phases, and of a subscription’s quota', async () => {
  const quota = { count: 5, unit: 'Min', windowMs: 60_000, stops: true };
  const record = {
    id: 's',
    apiId: 'api-1',
    applicationId: '',
    planName: '',
    quota,
    expiresAtMs: 0,
    billingCustomerId: '',
    billingSubscriptionId: '',
  };
  const context: Partial<BuildContext> = { now, subscriptions: { findByToken: () => record, findByApplication: () => null } };
  const subscribed = subscriptionValidationRuntime.build(
    { subscriptionKeyHeader: 'k', subscriptionKeyCookie: '' },
    sampleContext(context),
  );
  const byBody = advancedRatelimitRuntime.build(
    advancedRatelimit.params.parse({
      quotas: [
        {
          limits: [{ limit: 2, duration: '1m' }],
          costExtraction: { enabled: true, sources: [{ type: 'request_body', jsonPath: '$.n' }] },
        },
      ],
    }),
    sampleContext({ now }),
  );
  const statuses = [];
  for (let at = 0; at < 9; at++) statuses.push(await send([subscribed, byBody], { k: 't' }));
  expect(statuses).toEqual([200, 200, ...Array.from({ length: 7 }, () => 429)]);
  for (let at = 0; at < 3; at++) expect(await send([subscribed], { k: 't' })).toBe(200);
  expect(await send([subscribed], { k: 't' })).toBe(429);
});
