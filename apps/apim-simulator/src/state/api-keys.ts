/** A key that the developer portal gave out: only its digest is kept, and what a gateway may know. */
export type SimulatedKey = {
  readonly uuid: string;
  readonly api: string;
  readonly name: string;
  readonly sha256: string;
  readonly masked: string;
  readonly expiresAt: string | null;
  readonly createdAt: string;
  readonly updatedAt: string;
};

/** As `GET /apis/api-keys` lists it (reference §3.6): here the hashes are an object, in events a string that holds JSON. */
export function listedKey(key: SimulatedKey): object {
  const { uuid, name, api, sha256, masked, expiresAt, createdAt, updatedAt } = key;
  return {
    etag: uuid,
    uuid,
    name,
    maskedApiKey: masked,
    apiKeyHashes: { sha256 },
    artifactUuid: api,
    status: 'active',
    createdAt,
    createdBy: 'admin',
    updatedAt,
    expiresAt,
    source: 'apim',
    externalRefId: null,
    issuer: 'portal',
  };
}
