import type { UpstreamOverrides } from '../environments/upstream-overrides.ts';

/** A deployment as stored, with what it is deployed from and where. */
export interface StoredDeployment {
  /** "<apiId>/<environmentId>" */
  readonly id: string;
  readonly apiId: string;
  readonly apiHandle: string;
  readonly document: unknown;
  readonly generation: number;
  readonly desiredState: 'deployed' | 'undeployed';
  readonly environment: string;
  readonly environmentBasePath: string;
  readonly basePath: string;
  readonly upstreamOverrides: UpstreamOverrides;
}

/** A key as stored: never the key itself. */
export interface StoredKey {
  /** Of the entry: another with every new value */
  readonly id: string;
  /** What policies and access logs call it */
  readonly publicId: string;
  readonly apiId: string;
  readonly name: string;
  readonly digest: Buffer;
  readonly expiresAtMs: number | null;
  readonly issuer: string | null;
  readonly createdBy: string;
  readonly held: boolean;
}
