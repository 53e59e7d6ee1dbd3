import { randomUUID } from 'node:crypto';
import { apiByNameVersion, type ApimState, type Revision, type SimulatedApi } from './apim-state.ts';
import type { ImportArchive } from './import-archive.ts';

export type ImportOptions = {
  readonly overwrite: boolean;
  readonly rotateRevision: boolean;
  readonly revisionLimit: number;
  readonly hideNewMs: number;
  readonly nowMs: number;
};

export type Imported =
  | { readonly ok: true; readonly api: SimulatedApi; readonly revision: Revision; readonly created: boolean }
  | { readonly ok: false; readonly status: 400 | 409; readonly problem: string };

/**
 * Takes an archive in, as APIM does: the API is the one of that name and version; a new revision is made of what came and
 * deployed to the environments listed, in place of the one that was there. Refusals leave everything as it was.
 */
export function importApi(state: ApimState, archive: ImportArchive, options: ImportOptions): Imported {
  const { api: data, environments } = archive;
  const known = apiByNameVersion(state, data.name, data.version);
  if (known !== undefined && !options.overwrite) {
    return refuse(409, `An API ${data.name} ${data.version} exists already; set overwrite=true to update it`);
  }
  const sameContext = [...state.apis.values()].find((api) => api !== known && api.context === data.context);
  if (sameContext !== undefined) {
    return refuse(409, `The context ${data.context} is used by API ${sameContext.name} ${sameContext.version}`);
  }
  const unknown = environments.find((environment) => !state.environments.has(environment.deploymentEnvironment));
  if (unknown !== undefined) return refuse(400, `Unknown gateway environment ${unknown.deploymentEnvironment}`);
  if (known !== undefined && known.revisions.length >= options.revisionLimit && !options.rotateRevision) {
    return refuse(
      400,
      `Maximum number of revisions per API has reached (${options.revisionLimit}). Remove one or set rotateRevision=true`,
    );
  }

  const now = new Date(options.nowMs).toISOString();
  const api = known ?? newApi(data.name, data.version, now, options);
  const deployments = environments.map((environment) => ({
    name: environment.deploymentEnvironment,
    displayOnDevportal: environment.displayOnDevportal,
    deployedAt: now,
  }));
  const revision: Revision = { id: randomUUID(), number: api.lastRevision + 1, createdAt: now, data, deployments };

  const taken = new Set(deployments.map((deployment) => deployment.name));
  for (const older of api.revisions) older.deployments = older.deployments.filter((deployment) => !taken.has(deployment.name));
  api.context = data.context;
  api.data = data;
  api.swagger = archive.swagger;
  api.updatedAt = now;
  api.lastRevision = revision.number;
  api.revisions = [...api.revisions, revision].slice(-options.revisionLimit);
  state.apis.set(api.id, api);
  return { ok: true, api, revision, created: known === undefined };

  function newApi(name: string, version: string, createdAt: string, { nowMs, hideNewMs }: ImportOptions): SimulatedApi {
    return {
      id: randomUUID(),
      name,
      version,
      context: data.context,
      createdAt,
      updatedAt: createdAt,
      hiddenUntilMs: hideNewMs === 0 ? 0 : nowMs + hideNewMs,
      data,
      swagger: archive.swagger,
      revisions: [],
      lastRevision: 0,
    };
  }
}

/** Takes a revision out of the environments named; the deployments that remain, or null when there is no such revision. */
export function undeployRevision(
  api: SimulatedApi,
  revisionId: string,
  environments: readonly string[],
  takes: 'any' | 'uuid',
): Revision['deployments'] | null {
  const revision = api.revisions.find(
    (each) => each.id === revisionId || (takes === 'any' && String(each.number) === revisionId),
  );
  if (revision === undefined) return null;
  revision.deployments = revision.deployments.filter((deployment) => !environments.includes(deployment.name));
  return revision.deployments;
}

function refuse(status: 400 | 409, problem: string): Imported {
  return { ok: false, status, problem };
}
