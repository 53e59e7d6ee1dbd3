import { createHash, randomUUID } from 'node:crypto';

import { z } from 'zod';

import { namedEvent } from '../internal-data/events.ts';
import type { SimulatedKey } from '../state/api-keys.ts';
import type { ApimState, GatewayEvent } from '../state/apim-state.ts';

export const keySchema = z.strictObject({
  /** id of the API */
  api: z.string(),
  name: z.string(),
  /** the key itself; null = revoke it */
  key: z.string().nullable(),
  expires_at: z.string().nullable().default(null),
  /** false = no event goes out, as when it is lost on the way */
  tell: z.boolean().default(true),
});

/** What somebody does in the developer portal, and the event the gateway gets of it; null = there is no such key to revoke. */
export function plantKey(
  state: ApimState,
  { api, name, key, expires_at: expiresAt }: z.output<typeof keySchema>,
): GatewayEvent | null {
  const at = `${api} ${name}`;
  const known = state.apiKeys.get(at);
  if (key === null) return state.apiKeys.delete(at) ? namedEvent('apikey.revoked', { apiId: api, keyName: name }) : null;
  const now = new Date().toISOString();
  const sha256 = createHash('sha256').update(key).digest('hex');
  const masked = `****${key.slice(-4)}`;
  const made: SimulatedKey = {
    uuid: known?.uuid ?? randomUUID(),
    api,
    name,
    sha256,
    masked,
    expiresAt,
    createdAt: known?.createdAt ?? now,
    updatedAt: now,
  };
  state.apiKeys.set(at, made);
  const said = { apiId: api, apiKeyHashes: JSON.stringify({ sha256 }), maskedApiKey: masked, externalRefId: null, expiresAt };
  return known === undefined
    ? namedEvent('apikey.created', { ...said, uuid: made.uuid, name })
    : namedEvent('apikey.updated', { ...said, keyName: name, updatedAt: now });
}
