import { type RestApiDocument, secretNamesIn } from '@tidegate/rest-api';

import { type Db, type DeploymentTarget, targetsOfApi } from '../environments/deployment-targets.ts';
import { withOverrides } from '../environments/upstream-overrides.ts';

/** An API whose document, or one of whose deployments, names a secret. */
export interface SecretUser {
  readonly apiId: string;
  readonly handle: string;
  readonly desiredState: 'deployed' | 'undeployed';
  readonly document: RestApiDocument;
  readonly targets: readonly DeploymentTarget[];
}

/**
 * Who uses it is said by the documents, and kept nowhere else (invariant 5): the database finds those in which the name stands at
 * all, and reading them tells.
 */
export async function usersOfSecret(db: Db, name: string): Promise<SecretUser[]> {
  const rows = await db.query<Omit<SecretUser, 'targets'>[]>(
    `SELECT id AS "apiId", handle, desired_state AS "desiredState", document FROM api
     WHERE position('{{' in document::text) > 0 AND position($1 in document::text) > 0
        OR EXISTS (SELECT FROM deployment WHERE api_id = api.id AND position('{{' in upstream_overrides::text) > 0)
     ORDER BY handle`,
    [name],
  );
  const users: SecretUser[] = [];
  for (const row of rows) {
    const targets = await targetsOfApi(db, row.apiId);
    const documents = [row.document, ...targets.map((target) => withOverrides(row.document, target.upstreamOverrides))];
    if (documents.some((document) => secretNamesIn(document).includes(name))) users.push({ ...row, targets });
  }
  return users;
}
