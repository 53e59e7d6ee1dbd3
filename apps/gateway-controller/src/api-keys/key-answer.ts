import type { ApiKeyCreated, ApiKeyItem, ApiKeyList, Propagation } from '@tidegate/management-api';

import type { ApiKeyRow } from './api-keys.repository.ts';

interface Created {
  readonly key: ApiKeyRow;
  /** Shown this once; `null` for a key the caller brought */
  readonly value: string | null;
  readonly apiHandle: string;
  readonly quotaLeft: number;
  readonly propagation: Propagation | null;
}

/** The guide's flat fields and WSO2's `apiKey{…}` in one (decision 6). */
export function createdKeyAnswer({ key, value, apiHandle, quotaLeft, propagation }: Created): ApiKeyCreated {
  return {
    status: 'success',
    message: value === null ? 'API key registered successfully' : 'API key generated successfully',
    uuid: key.publicId,
    name: key.name,
    ...(value === null ? {} : { key: value }),
    createdAt: key.createdAt.toISOString(),
    remainingApiKeyQuota: quotaLeft,
    apiKey: { ...keyFields(key, apiHandle, key.createdAt), ...(value === null ? {} : { apiKey: value, key: value }) },
    ...(propagation === null ? {} : { propagation }),
  };
}

interface Listed {
  readonly keys: readonly ApiKeyRow[];
  readonly total: number;
  readonly limit: number;
  readonly offset: number;
}

export function listedKeysAnswer({ keys, total, limit, offset }: Listed, apiHandle: string, now: Date): ApiKeyList {
  return {
    status: 'success',
    count: keys.length,
    total,
    limit,
    offset,
    totalCount: total,
    apiKeys: keys.map((key) => keyItem(key, apiHandle, now)),
  };
}

export function keyItem(key: ApiKeyRow, apiHandle: string, now: Date): ApiKeyItem {
  return {
    ...keyFields(key, apiHandle, now),
    apiKey: key.masked,
    ...(key.externalRefId === null ? {} : { externalRefId: key.externalRefId }),
  };
}

function keyFields(key: ApiKeyRow, apiHandle: string, now: Date) {
  return {
    uuid: key.publicId,
    name: key.name,
    apiId: apiHandle,
    status: statusOf(key, now),
    createdAt: key.createdAt.toISOString(),
    createdBy: key.createdBy,
    expiresAt: key.expiresAt?.toISOString() ?? null,
    source: key.source,
    generation: key.generation,
  };
}

/** Expiry is looked at, not stored: no clock has to pass by for a key to have expired. Of an expired key nothing is left to decide. */
function statusOf({ expiresAt, heldAt }: ApiKeyRow, now: Date): ApiKeyItem['status'] {
  if (expiresAt !== null && expiresAt <= now) return 'expired';
  return heldAt === null ? 'active' : 'held';
}
