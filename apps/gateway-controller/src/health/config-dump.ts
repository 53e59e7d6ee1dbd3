import { policyDefinitions } from '@tidegate/policies/definitions';
import type { Pool } from 'pg';

const APIS_MAX = 1000;

/** What is deployed and which policies there are, as WSO2's admin server shows it; the first 1000 APIs by name. */
export async function configDump(pool: Pool): Promise<object> {
  const { rows } = await pool.query<Stored>(APIS, [APIS_MAX]);
  const certificates = await pool.query<{ readonly bytes: number }>(CERTIFICATES);
  const policies = policyDefinitions.map(({ name, fullVersion, displayName, description }) => ({
    name,
    version: `v${fullVersion}`,
    displayName,
    description,
  }));
  return {
    status: 'success',
    timestamp: new Date().toISOString(),
    apis: rows.map(({ document, status, createdAt, updatedAt, deployedAt }) => ({
      configuration: withoutSecrets(document),
      metadata: { status, createdAt, updatedAt, deployedAt },
    })),
    policies,
    certificates: certificates.rows,
    statistics: {
      totalApis: rows[0]?.total ?? 0,
      totalPolicies: policies.length,
      totalCertificates: certificates.rows.length,
      totalCertificateBytes: certificates.rows.reduce((sum, { bytes }) => sum + bytes, 0),
    },
  };
}

/**
 * A dump is made to be passed on: of policy parameters, which may hold passwords, and of a user in a URL only the places are
 * shown. Pure.
 */
export function withoutSecrets(value: unknown, masked = false): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutSecrets(item, masked));
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).map(
      ([key, child]) => [key, withoutSecrets(child, masked || key === 'params')] as const,
    );
    return Object.fromEntries(entries);
  }
  if (masked) return '***';
  return typeof value === 'string' ? value.replace(/(?<=:\/\/)[^/?#]*@/g, '***@') : value;
}

interface Stored {
  readonly document: unknown;
  readonly status: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly deployedAt: Date | null;
  readonly total: number;
}

const APIS = `
  SELECT document, desired_state AS status, created_at AS "createdAt", updated_at AS "updatedAt", deployed_at AS "deployedAt",
         count(*) OVER ()::int AS total
  FROM api ORDER BY handle LIMIT $1`;

/** Public all of it; their number is bounded. */
const CERTIFICATES = `
  SELECT id, name, subject, issuer, not_after AS "notAfter", count, 'success' AS status, octet_length(pem) AS bytes
  FROM certificate ORDER BY name`;
