import { z } from 'zod';

import type { ApimState } from '../state/apim-state.ts';

export const editSchema = z.strictObject({
  context: z.string().startsWith('/').optional(),
  url: z.string().optional(),
  operations: z.array(z.strictObject({ verb: z.string(), target: z.string().startsWith('/') })).optional(),
});

/** What somebody saves in the Publisher: the working copy changes, its properties and revisions stay. False = there is no such API. */
export function editApi(state: ApimState, id: string, { context, url, operations }: z.output<typeof editSchema>): boolean {
  const api = state.apis.get(id);
  if (api === undefined) return false;
  const { data } = api;
  api.data = {
    ...data,
    ...(context === undefined ? {} : { context }),
    ...(url === undefined ? {} : { endpointConfig: { ...data.endpointConfig, production_endpoints: { url } } }),
    ...(operations === undefined
      ? {}
      : { operations: operations.map((operation) => ({ ...operation, operationHubPolicies: [] })) }),
  };
  api.context = api.data.context;
  api.updatedAt = new Date().toISOString();
  return true;
}
