import type { EntityManager } from 'typeorm';

import { oweDoorbell } from '../change-log/outbox.ts';
import { currentTrace } from '../http/request-trace.ts';

/** What should be in APIM, as of one accepted write. */
export interface DesiredApi {
  readonly apiId: string;
  readonly accountId: string;
  readonly handle: string;
  readonly displayName: string;
  readonly apiVersion: string;
  readonly desiredState: 'deployed' | 'undeployed' | 'deleted';
  /** The API's own, +1 per accepted write (for `deleted` too) */
  readonly generation: number;
}

/**
 * Records the wish in the caller's transaction and owes the doorbell. A running push keeps its lease: its report finds that the
 * wish moved on, and the link stays pending. Attempts start anew, and APIM facts are never touched here.
 */
export async function desire(tx: EntityManager, api: DesiredApi): Promise<void> {
  if (api.desiredState === 'deleted' && (await forgetNeverPushed(tx, api.apiId))) return;
  await tx.query(
    `INSERT INTO apim_link (api_id, account_id, handle, display_name, api_version, desired_state, desired_generation, trace_parent)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (api_id) DO UPDATE SET
       handle = excluded.handle, display_name = excluded.display_name, api_version = excluded.api_version,
       desired_state = excluded.desired_state, desired_generation = excluded.desired_generation,
       trace_parent = excluded.trace_parent,
       phase = CASE WHEN apim_link.lease_until > now() THEN 'syncing' ELSE 'waiting' END,
       reason = NULL, message = NULL, attempts = 0, next_attempt_at = now(), desired_at = now(), updated_at = now()`,
    [
      api.apiId,
      api.accountId,
      api.handle,
      api.displayName,
      api.apiVersion,
      api.desiredState,
      api.generation,
      currentTrace()?.traceparent ?? null,
    ],
  );
  if (api.desiredState !== 'deleted') await takeOver(tx, api);
  await oweDoorbell(tx, { apiId: api.apiId, generation: api.generation });
}

/** A deleted API that was certainly never imported, nor one of its name before it, leaves nothing behind in APIM. */
async function forgetNeverPushed(tx: EntityManager, apiId: string): Promise<boolean> {
  const rows = await tx.query<unknown[]>(
    `WITH gone AS (
       DELETE FROM apim_link WHERE api_id = $1 AND remote_id IS NULL AND NOT dirty AND NOT disturbed AND former_ids = '{}'
       RETURNING 1)
     SELECT 1 FROM gone`,
    [apiId],
  );
  return rows.length > 0;
}

/**
 * An API whose name and version were those of a deleted one finds that one's leftover in APIM, marked with its id: the link takes
 * over what is known of it, from the tombstone if that is still there (undeploying must not race the new import; a worker's lease
 * on it is waited for), else from what was released. Dirty, because the old worker's last exchange may be unknown to us.
 */
async function takeOver(tx: EntityManager, api: DesiredApi): Promise<void> {
  const name = [api.apiId, api.accountId, api.displayName, api.apiVersion];
  await tx.query(
    `WITH gone AS (
       DELETE FROM apim_link
       WHERE api_id <> $1 AND account_id = $2 AND display_name = $3 AND api_version = $4 AND desired_state = 'deleted'
       RETURNING *),
     tombstone AS (
       SELECT max(remote_id) AS remote_id, max(remote_revision) AS remote_revision, bool_or(remote_deployed) AS remote_deployed,
         max(lease_until) AS lease_until, (SELECT array_agg(id) FROM gone, unnest(former_ids || api_id) AS id) AS ids
       FROM gone HAVING count(*) > 0)
     UPDATE apim_link link SET dirty = true, former_ids = link.former_ids || tombstone.ids,
       remote_id = COALESCE(link.remote_id, tombstone.remote_id),
       remote_revision = COALESCE(link.remote_revision, tombstone.remote_revision),
       remote_deployed = link.remote_deployed OR tombstone.remote_deployed,
       next_attempt_at = GREATEST(link.next_attempt_at, tombstone.lease_until)
     FROM tombstone WHERE link.api_id = $1`,
    name,
  );
  await tx.query(
    `WITH released AS (
       DELETE FROM apim_released WHERE account_id = $2 AND display_name = $3 AND api_version = $4 RETURNING remote_id, api_ids)
     UPDATE apim_link link SET dirty = true, former_ids = released.api_ids || link.former_ids,
       remote_id = COALESCE(link.remote_id, released.remote_id)
     FROM released WHERE link.api_id = $1`,
    name,
  );
}
