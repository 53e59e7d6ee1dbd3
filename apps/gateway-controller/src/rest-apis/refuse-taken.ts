import type { Db } from '../environments/deployment-targets.ts';
import { handleTaken, nameTaken } from './conflicts.ts';
import { type ApiRow, findHolder } from './rest-apis.repository.ts';

/** @throws ApiError 409 when another API has this handle, or this name and version */
export async function refuseTaken(db: Db, wanted: Pick<ApiRow, 'id' | 'handle' | 'displayName' | 'version'>): Promise<void> {
  const holder = await findHolder(db, wanted);
  if (holder !== null) throw holder.handle === wanted.handle ? handleTaken(wanted) : nameTaken(wanted);
}
