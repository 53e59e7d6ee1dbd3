import type { SealedSecret } from '../sealing/template-source.ts';
import type { UpstreamOverrides } from '../environments/upstream-overrides.ts';

/** A deployment as stored, with what it is deployed from and where. */
export interface StoredDeployment {
  /** "<apiId>/<environmentId>" */
  readonly id: string;
  readonly apiId: string;
  readonly apiHandle: string;
  readonly document: unknown;
  readonly generation: number;
  /** Of the API: another one may begin anew under its uuid */
  readonly createdAt: Date;
  readonly desiredState: 'deployed' | 'undeployed';
  readonly environment: string;
  readonly environmentBasePath: string;
  readonly basePath: string;
  readonly upstreamOverrides: UpstreamOverrides;
  /** Those its document names, in the order of their names */
  readonly secrets: readonly SealedSecret[];
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
  /** "" = of no application */
  readonly applicationId: string;
  readonly applicationName: string;
}

/** A subscription as stored, with what its plan makes of it: never the token itself. */
export interface StoredSubscription {
  readonly id: string;
  readonly apiId: string;
  readonly applicationId: string | null;
  readonly digest: Buffer;
  /** Its own status and its plan's */
  readonly active: boolean;
  readonly planName: string | null;
  readonly limitCount: number | null;
  readonly limitUnit: 'Min' | 'Hour' | 'Day' | 'Month' | null;
  readonly stopOnQuotaReach: boolean | null;
  readonly expiresAtMs: number | null;
  readonly billingCustomerId: string | null;
  readonly billingSubscriptionId: string | null;
}

/** A bundle of authorities as stored; nothing secret. */
export interface StoredCertificate {
  readonly id: string;
  readonly name: string;
  readonly pem: string;
}
