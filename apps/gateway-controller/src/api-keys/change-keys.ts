import { EntryKind } from '@tidegate/gateway-ir';
import type { EntityManager } from 'typeorm';

import type { GatewayChange, GatewayWriter, Written } from '../change-log/gateway-writer.ts';
import { writeReaching } from '../change-log/write-reaching.ts';
import { type Db, gatewaysOf, targetsOfApi } from '../environments/deployment-targets.ts';
import { conflict, type ApiError, notFound } from '../http/api-error.ts';
import { UNIQUE_VIOLATION } from '../rest-apis/conflicts.ts';
import { type ApiRow, lockApi } from '../rest-apis/rest-apis.repository.ts';

export interface KeyChange<T> {
  readonly result: T;
  /** Ids that are served from now on */
  readonly served?: readonly string[];
  /** Ids that are refused from now on, for ever */
  readonly removed?: readonly string[];
}

export interface KeyChanger {
  readonly db: Db;
  readonly writer: GatewayWriter;
}

/** Changes keys of an API on every gateway that serves it, in one transaction each. @throws ApiError 404 when the API is gone */
export async function changeKeys<T>(
  { db, writer }: KeyChanger,
  api: ApiRow,
  work: (tx: EntityManager) => Promise<KeyChange<T>>,
): Promise<Written<T>> {
  const reach = async (asking: Db) => gatewaysOf(await targetsOfApi(asking, api.id));
  return writeReaching({ db, writer }, reach, async (tx, reached) => {
    // The API may have gone while nobody held its gateways.
    if ((await lockApi(tx, api.id)) === null)
      throw notFound(`configuration not found: API configuration handle '${api.handle}' not found`);
    const gatewayIds = await reached();
    const { result, served = [], removed = [] } = await work(tx);
    return { result, changes: gatewayIds.flatMap((id) => keyChanges(id, { removed, served })) };
  });
}

/** What one gateway is told: ids that it refuses from now on, and ids that it serves. */
export function keyChanges(
  gatewayId: string,
  ids: { readonly removed: readonly string[]; readonly served: readonly string[] },
): GatewayChange[] {
  const changes = (keyIds: readonly string[], removed: boolean): GatewayChange[] =>
    keyIds.map((entryId) => ({ gatewayId, kind: EntryKind.API_KEY, entryId, removed }));
  return [...changes(ids.removed, true), ...changes(ids.served, false)];
}

export function keyNameTaken(name: string, api: ApiRow): ApiError {
  const message = `API key with name '${name}' already exists for API '${api.handle}'`;
  return conflict('duplicate_key_name', message, [{ field: 'name', code: 'duplicate', message }]);
}

/** Values are unique in the installation: whoever presents one must be one consumer. `null` = no lost race. */
export function lostKeyRace(error: unknown, name: string, api: ApiRow): ApiError | null {
  const { code, constraint } = (error ?? {}) as { code?: unknown; constraint?: unknown };
  if (code !== UNIQUE_VIOLATION) return null;
  if (constraint === 'api_key_name') return keyNameTaken(name, api);
  return constraint === 'api_key_digest'
    ? conflict('duplicate_key_value', 'configuration already exists: API key value already exists')
    : null;
}
