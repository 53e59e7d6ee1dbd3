import { hash } from 'node:crypto';

import type { PolicyDefinition } from '@tidegate/policy-sdk';
import { COMPILER_BUILD, type CompileTarget } from '@tidegate/route-compiler';
import { z } from 'zod';

import { encodeKey } from './encode-key.ts';
import type { StoredKey } from './stored-rows.ts';

/**
 * Names everything beside the documents that decides what routers get: the compiler, the gateway's defaults, the policies with the
 * defaults of their parameters, the form of a key. Hashes compare only under one build (discovery.proto, rule 7): of two replicas
 * that would make different bytes of one document, neither may take the other's table for a rewound database.
 */
export function compilerBuild(defaults: CompileTarget['defaults'], definitions: readonly PolicyDefinition[]): string {
  const policies = definitions.map(({ name, version, fullVersion, params }) => {
    const schema = z.toJSONSchema(params, { io: 'input', unrepresentable: 'any' });
    return [name, version, fullVersion, schema];
  });
  const parts = JSON.stringify([defaults, policies, encodeKey(SAMPLE_KEY).toString('base64')]);
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
};
