import { expect, it } from 'vitest';
import { emptyState, type ApimState } from './apim-state.ts';
import { importApi, undeployRevision, type Imported, type ImportOptions } from './import-api.ts';
import { readArchive } from './import-archive.ts';
import { sampleArchive, type SampleArchive } from './sample-archive.ts';

it('creates, then updates the API of that name and version, one revision each', () => {
  const state = emptyState(['onprem-gw']);
  const first = accepted(take(state));
  const second = accepted(take(state, { properties: { tidegate_generation: '2' } }));
  expect(second.api.id).toBe(first.api.id);
  expect([first.revision.number, second.revision.number]).toEqual([1, 2]);
  expect(state.apis.size).toBe(1);
  expect(second.api.revisions.map((each) => each.deployments.length)).toEqual([0, 1]);
  expect(second.api.data.additionalProperties).toEqual([{ name: 'tidegate_generation', value: '2', display: false }]);
});

it('refuses an existing API without overwrite', () => {
  const state = emptyState(['onprem-gw']);
  take(state);
  expect(take(state, {}, { overwrite: false })).toMatchObject({ ok: false, status: 409 });
});

it('refuses a context another API has, and an environment that does not exist', () => {
  const state = emptyState(['onprem-gw']);
  take(state);
  expect(take(state, { name: 'Other' })).toMatchObject({
    ok: false,
    status: 409,
    problem: 'The context /petstore is used by API PetStore API v1.0',
  });
  expect(take(state, { environment: 'moon' })).toMatchObject({ ok: false, status: 400 });
  expect(state.apis.size).toBe(1);
});

it('rotates the oldest revision out at the limit, or refuses', () => {
  const state = emptyState(['onprem-gw']);
  for (let round = 0; round < 5; round += 1) take(state);
  expect(take(state, {}, { rotateRevision: false })).toMatchObject({
    ok: false,
    status: 400,
    problem: expect.stringContaining('5') as unknown,
  });
  const { api } = accepted(take(state));
  expect(api.revisions.map((each) => each.number)).toEqual([2, 3, 4, 5, 6]);
});

it('undeploys by number or uuid as it is told to take them', () => {
  const state = emptyState(['onprem-gw']);
  const { api, revision } = accepted(take(state));
  expect(undeployRevision(api, '1', ['onprem-gw'], 'uuid')).toBeNull();
  expect(undeployRevision(api, '7', ['onprem-gw'], 'any')).toBeNull();
  expect(undeployRevision(api, '1', ['elsewhere'], 'any')).toHaveLength(1);
  expect(undeployRevision(api, revision.id, ['onprem-gw'], 'uuid')).toEqual([]);
  expect(undeployRevision(api, revision.id, ['onprem-gw'], 'uuid')).toEqual([]);
});

function take(state: ApimState, sample: SampleArchive = {}, options: Partial<ImportOptions> = {}): Imported {
  const read = readArchive(sampleArchive(sample));
  if (!read.ok) throw new Error(read.problem);
  return importApi(state, read.archive, {
    overwrite: true,
    rotateRevision: true,
    revisionLimit: 5,
    hideNewMs: 0,
    nowMs: 0,
    ...options,
  });
}

function accepted(imported: Imported): Extract<Imported, { ok: true }> {
  if (!imported.ok) throw new Error(imported.problem);
  return imported;
}
