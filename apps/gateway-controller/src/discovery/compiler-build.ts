import { hash } from 'node:crypto';

import type { PolicyDefinition } from '@tidegate/policy-sdk';
import { COMPILER_BUILD, type CompileTarget } from '@tidegate/route-compiler';
import { z } from 'zod';

import { encodeKey } from './encode-key.ts';
import { encodeSubscription } from './encode-subscription.ts';
import type { StoredKey, StoredSubscription } from './stored-rows.ts';

/**
 * Names everything beside the documents that decides what routers get: the compiler, the gateway's defaults, the policies with the
 * defaults of their parameters, what the environment gives to templates, the forms of a key and
 * a subscription. Hashes compare only under one build (discovery.proto, rule 7): of two replicas
 * that would make different bytes of one document, neither may take the other's table for a rewound database.
 */
export function compilerBuild(
  defaults: CompileTarget['defaults'],
  definitions: readonly PolicyDefinition[],
  templates = '',
): string {
  const policies = definitions.map(({ name, version, fullVersion, params }) => {
    const schema = z.toJSONSchema(params, { io: 'input', unrepresentable: 'any' });
    return [name, version, fullVersion, schema];
  });
  const beside = [encodeKey(SAMPLE_KEY), encodeSubscription(SAMPLE_SUBSCRIPTION)].map((bytes) => bytes.toString('base64'));
  const parts = JSON.stringify([defaults, policies, beside, templates]);
  return `${COMPILER_BUILD}+${hash('sha256', parts).slice(0, 16)}`;
}

/** Every field set. */
const SAMPLE_KEY: StoredKey = {
  id: 'id',
  publicId: 'id',
  apiId: 'api',
  name: 'name',
  digest: Buffer.alloc(32),
  expiresAtMs: 1,
  issuer: 'issuer',
  createdBy: 'user',
  held: false,
  applicationId: 'app',
  applicationName: 'App',
};

const SAMPLE_SUBSCRIPTION: StoredSubscription = {
  id: 'id',
  apiId: 'api',
  applicationId: 'app',
  digest: Buffer.alloc(32),
  active: true,
  planName: 'plan',
  limitCount: 1,
  limitUnit: 'Month',
  stopOnQuotaReach: true,
  expiresAtMs: 1,
  billingCustomerId: 'customer',
  billingSubscriptionId: 'subscription',
};
