import { type ApiError, conflict } from '../http/api-error.ts';
import type { ApiRow } from './rest-apis.repository.ts';

type Identity = Pick<ApiRow, 'handle' | 'displayName' | 'version'>;

/** The handle is one API's of this installation (decision 24). */
export function handleTaken({ handle }: Identity): ApiError {
  const message = `configuration already exists: configuration with handle '${handle}' already exists`;
  return conflict('duplicate_handle', message, [{ field: 'metadata.name', code: 'duplicate', message }]);
}

/** So is a name with a version. */
export function nameTaken({ displayName, version }: Identity): ApiError {
  const message = `configuration already exists: configuration with name '${displayName}' and version '${version}' already exists`;
  return conflict('duplicate_name_version', message, [{ field: 'spec.displayName', code: 'duplicate', message }]);
}

/** A control-plane API belongs to its control plane (decision 15). */
export function ownedElsewhere({ handle }: Identity): ApiError {
  return conflict(
    'owned_by_control_plane',
    `RestAPI '${handle}' was deployed by the control plane and can only be changed there`,
  );
}

export function stillLinked(id: string): ApiError {
  return conflict(
    'still_linked',
    `The API that had the uuid ${id} is deleted, and APIM has not let go of it yet; try again later`,
  );
}

/** A write that lost a race against the same name: the table's constraint saw what our look did not. `null` = some other error. */
export function lostRace(error: unknown, wanted: Identity): ApiError | null {
  const { code, constraint } = (error ?? {}) as { code?: unknown; constraint?: unknown };
  if (code !== UNIQUE_VIOLATION) return null;
  if (constraint === 'api_handle') return handleTaken(wanted);
  if (constraint === 'api_pkey') return conflict('duplicate_artifact_id', 'Another API got this uuid meanwhile; try again');
  return constraint === 'api_name_version' ? nameTaken(wanted) : null;
}

export const UNIQUE_VIOLATION = '23505';
