import { readFileSync } from 'node:fs';

import { createLogger } from '@tidegate/process';
import { DesiredState, Link, type Work } from '@tidegate/sync-link';
import { unzipSync } from 'fflate';
import { beforeEach, expect, test } from 'vitest';
import { parse } from 'yaml';

import type { Answer } from '../apim/answer.ts';
import type { Publisher } from '../apim/publisher.ts';
import { type Marks, readMarks } from '../archive/marks.ts';
import { failure, type Failure } from './classify.ts';
import type { Lease } from './lease.ts';
import { runWork } from './run-work.ts';

interface HeldApi {
  id: string;
  name: string;
  version: string;
  marks: Marks | null;
  made: number;
  deployed: string[];
}

/** An APIM in memory, and the calls made to it. A fault takes the place of one answer; `after` lets the call take effect first. */
let apis: HeldApi[];
let calls: string[];
let faults: Map<string, { readonly failure: Failure; readonly after: boolean }>;

beforeEach(() => {
  apis = [];
  calls = [];
  faults = new Map();
});

function act<T>(call: string, effect: () => T): Promise<Answer<T>> {
  calls.push(call);
  const fault = faults.get(call);
  faults.delete(call);
  if (fault === undefined) return Promise.resolve({ ok: true, value: effect() });
  if (fault.after) effect();
  return Promise.resolve({ ok: false, failure: fault.failure });
}

const seen = (api: HeldApi | undefined) =>
  api === undefined ? null : { id: api.id, name: api.name, version: api.version, marks: api.marks, content: {}, updatedAt: '' };

const publisher: Publisher = {
  find: (name, version) => act('find', () => seen(apis.find((each) => each.name === name && each.version === version))),
  read: (id) => act('read', () => seen(apis.find((each) => each.id === id))),
  deployedRevisions: (id) => act('revisions', () => apis.find((each) => each.id === id)?.deployed ?? []),
  definition: () => act('definition', () => null),
  importArchive: (_name, archive) =>
    act('import', () => {
      const [text = ''] = Object.entries(unzipSync(archive)).flatMap(([name, bytes]) =>
        name.endsWith('/api.yaml') ? [new TextDecoder().decode(bytes)] : [],
      );
      const { data } = parse(text) as {
        data: { name: string; version: string; additionalProperties: { name: string; value: string }[] };
      };
      let api = apis.find((each) => each.name === data.name && each.version === data.version);
      if (api === undefined)
        apis.push(
          (api = { id: `remote-${apis.length + 1}`, name: data.name, version: data.version, marks: null, made: 0, deployed: [] }),
        );
      api.marks = readMarks(data.additionalProperties);
      api.made += 1;
      api.deployed = [`rev-${api.made}`];
      return { id: api.id, revision: String(api.made) };
    }),
  undeployRevision: (id, revision) =>
    act('undeploy', () => {
      const api = apis.find((each) => each.id === id);
      if (api === undefined || !api.deployed.includes(revision)) return 'gone' as const;
      api.deployed = api.deployed.filter((each) => each !== revision);
      return 'undeployed' as const;
    }),
};

const document = readFileSync(new URL('../archive/testdata/guide.in.json', import.meta.url), 'utf8');
const never = Link.create();

function work(changes: Partial<Work> = {}): Work {
  const base = {
    apiId: 'api-1',
    generation: 1,
    fencingToken: 1,
    leaseMs: 60_000,
    attempts: 0,
    attemptsMax: 3,
    handle: 'PetStoreAPI',
  };
  return {
    ...base,
    desired: DesiredState.DEPLOYED,
    documentJson: document,
    displayName: 'PetStore API',
    version: 'v1.0',
    traceparent: '',
    link: never,
    ...changes,
  };
}

const lease: Lease = {
  signal: new AbortController().signal,
  remainingMs: () => 60_000,
  ensure: () => Promise.resolve(true),
  close: () => undefined,
};
const logger = createLogger({ name: 't', level: 'error', format: 'json' });
const tools = { publisher, export: { gatewayName: 'onprem-gw', provider: 'admin' }, httpTimeoutMs: 1000, logger };

async function run(changes: Partial<Work> = {}) {
  const done = await runWork(work(changes), lease, tools);
  if (done === null) throw new Error('The lease was lost');
  return done;
}

test('the first push looks by name, imports, and knows what it made', async () => {
  const done = await run();
  expect(calls).toEqual(['find', 'import']);
  expect(done).toMatchObject({
    failure: null,
    tried: true,
    link: { remoteId: 'remote-1', remoteRevision: '1', remoteDeployed: true, pushedGeneration: 1, dirty: false },
  });
});

test('an update looks by id', async () => {
  const { link } = await run();
  calls = [];
  await run({ generation: 2, link });
  expect(calls).toEqual(['read', 'revisions', 'definition', 'import']);
  expect(apis).toMatchObject([{ made: 2, marks: { generation: 2 } }]);
});

test('an import with unknown outcome leaves it dirty; the next look finds it and imports nothing', async () => {
  const lost: Failure = { ...failure('retryable', 'no_answer', 'timeout'), outcomeUnknown: true, notSent: false };
  faults.set('import', { failure: lost, after: true });
  const first = await run();
  expect(first).toMatchObject({ failure: lost, tried: true, link: { remoteId: '', dirty: true } });
  const second = await run({ link: first.link, attempts: 1 });
  expect(second).toMatchObject({
    failure: null,
    tried: false,
    link: { remoteId: 'remote-1', remoteRevision: 'rev-1', pushedGeneration: 1, dirty: false },
  });
  expect(apis).toMatchObject([{ made: 1 }]);
});

test('an import with unknown outcome stays unknown while APIM shows nothing, whatever the next import comes to', async () => {
  faults.set('import', { failure: failure('retryable', 'apim_throttled', '429'), after: false });
  expect(await run({ link: { ...never, dirty: true } })).toMatchObject({ link: { remoteId: '', dirty: true } });
  expect(await run({ link: { ...never, dirty: true } })).toMatchObject({ failure: null, link: { dirty: false } });
});

test('a failed look is no attempt, and leaves it as dirty as it was', async () => {
  faults.set('find', { failure: failure('retryable', 'apim_unavailable', '503'), after: false });
  expect(await run({ link: { ...never, dirty: true } })).toMatchObject({ tried: false, link: { dirty: true } });
});

test('an import that could not be sent is no attempt', async () => {
  faults.set('import', { failure: failure('retryable', 'unreachable', 'refused'), after: false });
  expect(await run()).toMatchObject({ failure: { code: 'unreachable' }, tried: false, link: { dirty: false } });
});

test("a stranger's API of that name is refused, and taken over when asked to", async () => {
  apis.push({ id: 'theirs', name: 'PetStore API', version: 'v1.0', marks: null, made: 4, deployed: ['rev-4'] });
  expect(await run()).toMatchObject({ failure: { class: 'terminal', code: 'not_ours' }, tried: false, link: { remoteId: '' } });
  expect(apis).toMatchObject([{ made: 4 }]);
  expect(await run({ link: { ...never, adopt: true } })).toMatchObject({ failure: null, link: { remoteId: 'theirs' } });
});

test('a renamed API is undeployed under its old name', async () => {
  const { link } = await run();
  const renamed = document.replace('"PetStore API"', '"Pets"');
  expect(await run({ generation: 2, displayName: 'Pets', documentJson: renamed, link })).toMatchObject({
    failure: null,
    link: { remoteId: 'remote-2' },
  });
  expect(apis).toMatchObject([
    { name: 'PetStore API', deployed: [] },
    { name: 'Pets', deployed: ['rev-1'] },
  ]);
});

test('undeploying finds the deployed revision itself and keeps the link', async () => {
  const { link } = await run();
  const done = await run({ generation: 2, desired: DesiredState.UNDEPLOYED, link });
  expect(done).toMatchObject({ failure: null, tried: true, link: { remoteId: 'remote-1', remoteDeployed: false } });
  expect(apis).toMatchObject([{ deployed: [] }]);
});

test('undeploying what was never pushed asks nobody', async () => {
  expect(await run({ desired: DesiredState.DELETED, documentJson: '' })).toMatchObject({ failure: null, tried: false });
  expect(calls).toEqual([]);
});

test('undeploying what APIM cannot see (yet) is tried again, and believed at the last attempt', async () => {
  const { link } = await run();
  apis = [];
  const deleting = { generation: 2, desired: DesiredState.DELETED, documentJson: '', link };
  expect(await run(deleting)).toMatchObject({
    failure: { class: 'retryable', code: 'remote_not_visible' },
    tried: true,
    link: { remoteDeployed: true },
  });
  expect(await run({ ...deleting, attempts: 2 })).toMatchObject({ failure: null, link: { remoteDeployed: false } });
});

test('deleting what was perhaps imported, and cannot be seen (yet), stays unknown until the last attempt', async () => {
  const deleting = { generation: 2, desired: DesiredState.DELETED, documentJson: '', link: { ...never, dirty: true } };
  const first = await run(deleting);
  expect(first).toMatchObject({ failure: { code: 'remote_not_visible' }, tried: true, link: { dirty: true } });
  const { link } = await run();
  expect(await run({ ...deleting, attempts: 1, link: first.link })).toMatchObject({ failure: null, link: { dirty: false } });
  expect(apis).toMatchObject([{ id: link.remoteId, deployed: [] }]);
  apis = [];
  expect(await run({ ...deleting, attempts: 2, link: first.link })).toMatchObject({ failure: null });
});

test('a lease that is lost while the definition is fetched sends no import', async () => {
  const { link } = await run();
  calls = [];
  let asked = 0;
  const shortLived = { ...lease, ensure: () => Promise.resolve((asked += 1) < 3) };
  expect(await runWork(work({ generation: 2, link }), shortLived, tools)).toMatchObject({ failure: { code: 'lease_over' } });
  expect(calls).toEqual(['read', 'revisions', 'definition']);
});

test.each([
  ['{}', 'document_unreadable'],
  ['not json', 'document_unreadable'],
])('a stored document %s is refused before anybody is asked', async (documentJson, code) => {
  expect(await run({ documentJson })).toMatchObject({ failure: { class: 'terminal', code }, tried: false });
  expect(calls).toEqual([]);
});

test('a lost lease sends nothing and says nothing', async () => {
  const lost = { ...lease, ensure: () => Promise.resolve(false) };
  expect(await runWork(work(), lost, tools)).toBeNull();
  expect(calls).toEqual([]);
});
