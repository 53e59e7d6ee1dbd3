import type { BundleManifest } from '@tidegate/gateway-ir';
import type { ReleaseItem } from '@tidegate/management-api';

import type { Db } from '../environments/deployment-targets.ts';
import type { Release } from './runtime-offer.ts';

export interface StoredRelease extends Release {
  readonly rollingCompatible: boolean;
  readonly item: ReleaseItem;
}

/** Without their bundles; the newest that was published first. */
export async function listReleases(db: Db): Promise<StoredRelease[]> {
  const rows = await db.query<Row[]>(
    `SELECT version, channel, manifest, notes, rolling_compatible AS "rollingCompatible", available_from AS "availableFrom",
            mandatory_from AS "mandatoryFrom", published_by AS "publishedBy", published_at AS "publishedAt"
     FROM runtime_release ORDER BY published_at DESC LIMIT 200`,
  );
  return rows.map((row) => {
    const { sha256, bytes } = JSON.parse(row.manifest.toString('utf8')) as BundleManifest; // judged when it was published
    return {
      version: row.version,
      availableFromMs: row.availableFrom.getTime(),
      mandatoryFromMs: row.mandatoryFrom?.getTime() ?? null,
      rollingCompatible: row.rollingCompatible,
      item: {
        version: row.version,
        channel: row.channel,
        notes: row.notes,
        rollingCompatible: row.rollingCompatible,
        sha256,
        bytes,
        availableFrom: row.availableFrom.toISOString(),
        mandatoryFrom: row.mandatoryFrom?.toISOString() ?? null,
        publishedBy: row.publishedBy,
        publishedAt: row.publishedAt.toISOString(),
      },
    };
  });
}

interface Row {
  readonly version: string;
  readonly channel: 'stable' | 'early';
  readonly manifest: Buffer;
  readonly notes: string;
  readonly rollingCompatible: boolean;
  readonly availableFrom: Date;
  readonly mandatoryFrom: Date | null;
  readonly publishedBy: string;
  readonly publishedAt: Date;
}
