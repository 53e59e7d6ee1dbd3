import { ApiKey } from '@tidegate/gateway-ir';

import type { StoredKey } from './stored-rows.ts';

/** A key as it travels. Equal keys give equal bytes. */
export function encodeKey(key: StoredKey): Buffer {
  const message = ApiKey.fromPartial({
    id: key.publicId,
    apiId: key.apiId,
    name: key.name,
    digest: { value: key.digest },
    expiresAtMs: key.expiresAtMs ?? 0,
    issuer: key.issuer ?? '',
    createdBy: key.createdBy,
    applicationId: key.applicationId,
    applicationName: key.applicationName,
  });
  return Buffer.from(ApiKey.encode(message).finish());
}
