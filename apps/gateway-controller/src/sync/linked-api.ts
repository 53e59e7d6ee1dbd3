import type { Db } from '../environments/deployment-targets.ts';
import { ownedElsewhere } from '../rest-apis/conflicts.ts';
import { findApi } from '../rest-apis/rest-apis.repository.ts';
import { unknownApi } from '../rest-apis/rest-apis.service.ts';

/**
 * The uuid of an API that is ours to push: by handle or uuid, and by uuid also one that is deleted here and that APIM has not let go
 * of. @throws ApiError 404, 409 for an API of the control plane
 */
export async function linkedApi(db: Db, id: string): Promise<string> {
  const api = await findApi(db, id);
  if (api?.origin === 'control_plane') throw ownedElsewhere(api);
  const rows = await db.query<{ api_id: string }[]>(`SELECT api_id FROM apim_link WHERE api_id::text = lower($1)`, [
    api?.id ?? id,
  ]);
  if (rows[0] === undefined) throw unknownApi(id);
  return rows[0].api_id;
}
