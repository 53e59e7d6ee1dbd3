import type { Db } from '../environments/deployment-targets.ts';

/** The API that the control plane calls by this id: deployed from there, or pushed there by us. */
export type RemoteApi =
  | { readonly owner: 'control_plane'; readonly apiId: string; readonly deploymentId: string }
  | { readonly owner: 'gateway'; readonly apiId: string; readonly desiredState: 'deployed' | 'undeployed' | 'deleted' };

export async function findRemoteApi(db: Db, remoteId: string): Promise<RemoteApi | null> {
  const theirs = await db.query<{ api_id: string; deployment_id: string }[]>(
    `SELECT api_id, deployment_id FROM cp_api WHERE remote_id = $1`,
    [remoteId],
  );
  if (theirs[0] !== undefined) return { owner: 'control_plane', apiId: theirs[0].api_id, deploymentId: theirs[0].deployment_id };
  const ours = await db.query<{ api_id: string; desired_state: 'deployed' | 'undeployed' | 'deleted' }[]>(
    `SELECT api_id, desired_state FROM apim_link WHERE remote_id = $1 ORDER BY desired_state = 'deleted' LIMIT 1`,
    [remoteId],
  );
  if (ours[0] !== undefined) return { owner: 'gateway', apiId: ours[0].api_id, desiredState: ours[0].desired_state };
  const released = await db.query<{ api_id: string }[]>(`SELECT api_ids[1] AS api_id FROM apim_released WHERE remote_id = $1`, [
    remoteId,
  ]);
  return released[0] === undefined ? null : { owner: 'gateway', apiId: released[0].api_id, desiredState: 'deleted' };
}

/** Whether what was applied last is as new or newer; `same` = it is this very deployment, and live. Compared in microseconds. */
export async function staleness(
  db: Db,
  remoteId: string,
  { deploymentId, performedAt }: { readonly deploymentId: string; readonly performedAt: string },
): Promise<'fresh' | 'same' | 'stale'> {
  const rows = await db.query<{ age: 'fresh' | 'same' | 'stale' }[]>(
    `SELECT CASE WHEN performed_at < $2::timestamptz THEN 'fresh'
       WHEN performed_at > $2::timestamptz OR deployment_id <> $3 THEN 'stale'
       -- a listing without it undeployed it, and does not say when: the deploy itself undoes that
       WHEN api.desired_state = 'deployed' THEN 'same' ELSE 'fresh' END AS age
     FROM cp_api JOIN api ON api.id = cp_api.api_id WHERE remote_id = $1`,
    [remoteId, performedAt, deploymentId],
  );
  return rows[0]?.age ?? 'fresh';
}

export async function recordDeployment(
  tx: Db,
  apiId: string,
  remote: { readonly remoteId: string; readonly deploymentId: string; readonly performedAt: string },
): Promise<void> {
  await tx.query(
    `INSERT INTO cp_api (api_id, remote_id, deployment_id, performed_at) VALUES ($1, $2, $3, $4)
     ON CONFLICT (api_id) DO UPDATE SET deployment_id = excluded.deployment_id, performed_at = excluded.performed_at`,
    [apiId, remote.remoteId, remote.deploymentId, remote.performedAt],
  );
}

/** Whether an API of that name is pushed and we do not know yet what APIM calls it. */
export async function isBeingPushed(db: Db, displayName: string): Promise<boolean> {
  const rows = await db.query<unknown[]>(
    `SELECT 1 FROM apim_link WHERE display_name = $1 AND remote_id IS NULL AND phase IN ('waiting', 'syncing') LIMIT 1`,
    [displayName],
  );
  return rows.length > 0;
}

/** Everything that was deployed from there. */
export async function listRemoteApis(db: Db): Promise<
  readonly {
    readonly remoteId: string;
    readonly deploymentId: string;
    readonly performedAt: Date;
    readonly desiredState: 'deployed' | 'undeployed';
  }[]
> {
  return db.query(
    `SELECT cp_api.remote_id AS "remoteId", cp_api.deployment_id AS "deploymentId", cp_api.performed_at AS "performedAt",
       api.desired_state AS "desiredState" FROM cp_api JOIN api ON api.id = cp_api.api_id ORDER BY cp_api.remote_id`,
  );
}

/** What the control plane calls APIs that were made here. */
export async function ownRemoteIds(db: Db): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ remote_id: string }[]>(
    `SELECT remote_id FROM apim_link WHERE remote_id IS NOT NULL UNION SELECT remote_id FROM apim_released WHERE remote_id IS NOT NULL`,
  );
  return new Set(rows.map(({ remote_id }) => remote_id));
}

/** Every key that came from there, by the id its API has there. */
export async function listRemoteKeys(db: Db): Promise<
  readonly {
    readonly remoteId: string;
    readonly name: string;
    readonly sha256: string;
    readonly expiresAt: Date | null;
    readonly updatedAt: Date;
  }[]
> {
  return db.query(
    `SELECT COALESCE(cp_api.remote_id, link.remote_id) AS "remoteId", name, encode(digest, 'hex') AS sha256,
       expires_at AS "expiresAt", key.updated_at AS "updatedAt"
     FROM api_key key LEFT JOIN cp_api ON cp_api.api_id = key.api_id LEFT JOIN apim_link link ON link.api_id = key.api_id
     WHERE key.source = 'control_plane' AND COALESCE(cp_api.remote_id, link.remote_id) IS NOT NULL`,
  );
}
