import type { RemoteKey } from '@tidegate/sync-link';
import { z } from 'zod';

import type { GatewayDoor } from './fetch-artifact.ts';
import { fetchListing, type Unlisted } from './fetch-listing.ts';

export type KeyListing = { readonly kind: 'listed'; readonly keys: readonly RemoteKey[] } | Unlisted;

/** More than one gateway has; a longer list is not taken for one. */
const KEYS_MAX = 10_000;

/** Every API key the control plane gave out for APIs (reference §3.6): what makes up for events that were lost. All of it or nothing. */
export function listKeys(door: GatewayDoor): Promise<KeyListing> {
  return fetchListing(door, '/apis/api-keys', readKeys);
}

/** One entry that cannot be read spoils the list: what it does not say must not be taken for revoked. */
export function readKeys(body: string): KeyListing {
  try {
    const keys = listing.parse(JSON.parse(body)).filter(({ status }) => status.toLowerCase() === 'active');
    return {
      kind: 'listed',
      keys: keys.map((key) => ({
        artifactId: key.artifactUuid,
        name: key.name || key.uuid,
        sha256: key.apiKeyHashes.sha256,
        masked: key.maskedApiKey,
        externalRefId: key.externalRefId,
        issuer: key.issuer,
        expiresAt: key.expiresAt,
        updatedAt: key.updatedAt || key.createdAt,
      })),
    };
  } catch {
    return { kind: 'failed', message: 'The listing of API keys cannot be read' };
  }
}

const text = z
  .string()
  .max(500)
  .nullish()
  .transform((given) => given ?? '');
const listing = z
  .array(
    z
      .object({
        uuid: text,
        name: text,
        artifactUuid: z.string().min(1).max(200),
        apiKeyHashes: z.object({ sha256: z.string().regex(/^[0-9a-fA-F]{64}$/) }),
        maskedApiKey: text,
        externalRefId: text,
        issuer: text,
        status: z.string().max(50).default('active'),
        expiresAt: text.refine((given) => given === '' || !Number.isNaN(Date.parse(given)), 'must be a time'),
        createdAt: text,
        updatedAt: text,
      })
      .refine(({ name, uuid }) => name !== '' || uuid !== '', 'needs a name'),
  )
  .max(KEYS_MAX);
