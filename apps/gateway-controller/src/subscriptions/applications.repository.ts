import type { Db } from '../environments/deployment-targets.ts';

interface StoredApplication {
  readonly id: string;
  readonly uuid: string;
  readonly name: string;
  readonly type: string;
  /** As their owner knows them */
  readonly keyUuids: readonly string[];
}

/** What its keys' owners know them by. Also those that do not exist (yet): a key may come after the word about it. */
export async function keysOfApplication(db: Db, applicationId: string): Promise<string[]> {
  const rows = await db.query<{ id: string }[]>(
    `SELECT key_public_id AS id FROM application_key WHERE application_id = $1 ORDER BY key_public_id`,
    [applicationId],
  );
  return rows.map(({ id }) => id);
}

/** Where each of these keys is served, under the id that routers know it by. */
export async function placesOfKeys(db: Db, keyUuids: readonly string[]): Promise<{ id: string; gatewayId: string }[]> {
  return db.query(
    `SELECT DISTINCT api_key.id, place.gateway_id AS "gatewayId"
     FROM api_key JOIN deployment USING (api_id) JOIN environment_place AS place USING (environment_id)
     WHERE coalesce(public_id, api_key.id)::text = ANY($1::text[]) AND place.gateway_id IS NOT NULL`,
    [keyUuids.map((uuid) => uuid.toLowerCase())],
  );
}

/** The application as it is from now on, with these keys and no others; a key is of one application. Unknown keys are passed over. */
export async function insertApplication(tx: Db, { id, uuid, name, type, keyUuids }: StoredApplication): Promise<void> {
  await tx.query(
    `INSERT INTO application (id, account_id, uuid, name, type, updated_at)
     VALUES ($1, (SELECT account_id FROM installation), $2, $3, $4, now())
     ON CONFLICT (id) DO UPDATE SET uuid = excluded.uuid, name = excluded.name, type = excluded.type, updated_at = now()`,
    [id, uuid, name, type],
  );
  await tx.query(`DELETE FROM application_key WHERE application_id = $1`, [id]);
  await tx.query(
    `INSERT INTO application_key (key_public_id, application_id)
     SELECT coalesce(public_id, api_key.id), $2 FROM api_key WHERE coalesce(public_id, api_key.id)::text = ANY($1::text[])
     ON CONFLICT (key_public_id) DO UPDATE SET application_id = excluded.application_id`,
    [keyUuids.map((key) => key.toLowerCase()), id],
  );
}
