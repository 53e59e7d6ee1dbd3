import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { ApimState } from '../state/apim-state.ts';

/** An API that somebody made in APIM by hand, or (with properties) that some other gateway pushed. */
export const plantedSchema = z.strictObject({
  name: z.string().min(1),
  version: z.string().min(1),
  context: z.string().startsWith('/'),
  url: z.string().default('https://planted.example.com'),
  additionalProperties: z.record(z.string(), z.string()).default({}),
  policies: z
    .array(z.strictObject({ policyName: z.string(), parameters: z.record(z.string(), z.unknown()).default({}) }))
    .default([]),
  operations: z.array(z.strictObject({ verb: z.string(), target: z.string().startsWith('/') })).default([]),
});

/** Puts it there, undeployed; its new id. */
export function plantApi(state: ApimState, planted: z.output<typeof plantedSchema>): string {
  const id = randomUUID();
  const now = new Date().toISOString();
  const { name, version, context } = planted;
  state.apis.set(id, {
    id,
    name,
    version,
    context,
    createdAt: now,
    updatedAt: now,
    hiddenUntilMs: 0,
    data: {
      name,
      version,
      context,
      provider: 'admin',
      additionalProperties: Object.entries(planted.additionalProperties).map(([key, value]) => ({
        name: key,
        value,
        display: false,
      })),
      apiHubPolicies: planted.policies.map(({ policyName, parameters }) => ({
        policyId: randomUUID(),
        policyName,
        policyVersion: '1.0',
        parameters,
      })),
      operations: planted.operations.map((operation) => ({ ...operation, operationHubPolicies: [] })),
      endpointConfig: { production_endpoints: { url: planted.url } },
    },
    swagger: JSON.stringify({ openapi: '3.0.0', info: { title: name, version }, paths: {} }),
    revisions: [],
    lastRevision: 0,
  });
  return id;
}
