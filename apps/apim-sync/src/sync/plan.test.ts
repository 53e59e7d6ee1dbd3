import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ApimStep, type Desired, type Known, planApimSync, type Seen, type SeenApi } from './plan.ts';

const desired: Desired = { state: 'deployed', apiId: 'api', generation: 4, hash: 'h4' };
const fresh: Known = {
  remoteId: '',
  remoteRevision: '',
  remoteDeployed: false,
  dirty: false,
  adopt: false,
  force: false,
  formerIds: [],
  lastAttempt: false,
};
const pushed: Known = { ...fresh, remoteId: 'r1', remoteRevision: '3', remoteDeployed: true };
const marks = { id: 'api', generation: 3, hash: 'h3' };
const api: SeenApi = { id: 'r1', name: 'n', version: 'v1', marks, deployedRevisions: ['3'] };
const nothing: Seen = { byName: null, byId: null };

const lookUp: ApimStep = { kind: 'look-up' };
const create: ApimStep = { kind: 'import', published: null };
const update: ApimStep = { kind: 'import', published: 'r1' };
const undeploy: ApimStep = { kind: 'undeploy', remoteId: 'r1', revision: '3' };
const notOurs = { kind: 'refuse', class: 'terminal', code: 'not_ours' };

describe('deployed', () => {
  test.each<[string, Partial<Known>, Seen | null, readonly unknown[]]>([
    ['nobody looked', fresh, null, [lookUp]],
    ['nobody looked, pushed before', pushed, null, [lookUp]],
    [
      'exactly that is there, and somebody changed it there',
      { ...pushed, force: true },
      { byName: { ...api, marks: { id: 'api', generation: 4, hash: 'h4' } }, byId: null },
      [update],
    ],
    ['not there', fresh, nothing, [create]],
    ['pushed before, gone since', pushed, nothing, [create]],
    ['there in an older generation', pushed, { byName: api, byId: null }, [update]],
    ['there, we forgot its id, our mark', fresh, { byName: api, byId: null }, [update]],
    ['there, we know its id, its mark is gone', pushed, { byName: { ...api, marks: null }, byId: null }, [update]],
    [
      'there exactly',
      { ...fresh, dirty: true },
      { byName: { ...api, marks: { ...marks, generation: 4, hash: 'h4' } }, byId: null },
      [{ kind: 'adopt', remoteId: 'r1', revision: '3' }],
    ],
    [
      'same generation, other content (restored backup)',
      fresh,
      { byName: { ...api, marks: { ...marks, generation: 4 } }, byId: null },
      [update],
    ],
    [
      'there exactly, but not deployed',
      pushed,
      { byName: { ...api, deployedRevisions: [], marks: { ...marks, generation: 4, hash: 'h4' } }, byId: null },
      [update],
    ],
    ["a stranger's of that name", fresh, { byName: { ...api, marks: null }, byId: null }, [notOurs]],
    ["another gateway's of that name", fresh, { byName: { ...api, marks: { ...marks, id: 'other' } }, byId: null }, [notOurs]],
    ["a stranger's of that name, adopted", { ...fresh, adopt: true }, { byName: { ...api, marks: null }, byId: null }, [update]],
    [
      'of a deleted API that we released',
      { ...pushed, dirty: true },
      { byName: { ...api, marks: { ...marks, id: 'old' } }, byId: null },
      [update],
    ],
    [
      'of a deleted API of ours whose id in APIM we never learnt',
      { ...fresh, dirty: true, formerIds: ['older', 'old'] },
      { byName: { ...api, marks: { ...marks, id: 'old' } }, byId: null },
      [update],
    ],
    ['renamed', pushed, { byName: null, byId: api }, [undeploy, create]],
    ["renamed to a stranger's name", pushed, { byName: { ...api, id: 'r9', marks: null }, byId: api }, [notOurs]],
  ])('%s', (_, known, seen, steps) => {
    expect(planApimSync(desired, { ...fresh, ...known }, seen)).toMatchObject(steps);
  });
});

describe.each(['undeployed', 'deleted'] as const)('%s', (state) => {
  test.each<[string, Partial<Known>, Seen | null, readonly unknown[]]>([
    ['never pushed', fresh, null, []],
    ['perhaps pushed', { ...fresh, dirty: true }, null, [lookUp]],
    ['never pushed, but a deleted one of its name may have been', { ...fresh, formerIds: ['old'] }, null, [lookUp]],
    [
      'under the mark of a deleted one of its name',
      { ...fresh, formerIds: ['old'] },
      { byName: { ...api, marks: { ...marks, id: 'old' } }, byId: null },
      [undeploy],
    ],
    ['pushed', pushed, null, [lookUp]],
    ['there', pushed, { byName: api, byId: null }, [undeploy]],
    [
      'there twice',
      pushed,
      { byName: { ...api, deployedRevisions: ['3', '2'] }, byId: null },
      [undeploy, { ...undeploy, revision: '2' }],
    ],
    ['there and already undeployed', pushed, { byName: { ...api, deployedRevisions: [] }, byId: null }, []],
    ['renamed', pushed, { byName: null, byId: api }, [undeploy]],
    ['perhaps pushed, not visible', { ...fresh, dirty: true }, nothing, [{ kind: 'refuse', code: 'remote_not_visible' }]],
    ['perhaps pushed, not visible to the end', { ...fresh, dirty: true, lastAttempt: true }, nothing, []],
    ['not visible', pushed, nothing, [{ kind: 'refuse', class: 'retryable', code: 'remote_not_visible' }]],
    ['not visible to the end', { ...pushed, lastAttempt: true }, nothing, [undeploy]],
    [
      "only a stranger's of that name",
      { ...fresh, dirty: true, adopt: true },
      { byName: { ...api, marks: null }, byId: null },
      [],
    ],
  ])('%s', (_, known, seen, steps) => {
    expect(planApimSync({ ...desired, state }, { ...fresh, ...known }, seen)).toMatchObject(steps);
  });
});

test("whatever is found: nothing of a stranger's is touched, and after a look nobody looks again", () => {
  const seenApi = fc.record({
    id: fc.constantFrom('r1', 'r2'),
    name: fc.constant('n'),
    version: fc.constant('v1'),
    marks: fc.option(
      fc.record({
        id: fc.constantFrom('api', 'other'),
        generation: fc.integer({ min: 1, max: 5 }),
        hash: fc.constantFrom('h3', 'h4'),
      }),
    ),
    deployedRevisions: fc.uniqueArray(fc.constantFrom('1', '2', '3')),
  });
  const knowns = fc.record({
    remoteId: fc.constantFrom('', 'r1'),
    remoteRevision: fc.constantFrom('', '3'),
    remoteDeployed: fc.boolean(),
    dirty: fc.boolean(),
    adopt: fc.constant(false),
    force: fc.boolean(),
    formerIds: fc.constant([]),
    lastAttempt: fc.boolean(),
  });
  const states = fc.constantFrom('deployed' as const, 'undeployed' as const, 'deleted' as const);
  fc.assert(
    fc.property(states, knowns, fc.option(seenApi), fc.option(seenApi), (state, known, byName, byId) => {
      const steps = planApimSync({ ...desired, state }, known, { byName, byId });
      const ours = (found: SeenApi | null) => found !== null && (found.marks?.id === 'api' || found.id === known.remoteId);
      expect(steps.some(({ kind }) => kind === 'look-up')).toBe(false);
      for (const step of steps) {
        if (step.kind === 'import') expect(byName === null || ours(byName)).toBe(true);
        if (step.kind === 'undeploy')
          expect(
            [byName, byId].some((found) => found?.id === step.remoteId && ours(found)) || step.remoteId === known.remoteId,
          ).toBe(true);
        if (step.kind === 'import' || step.kind === 'adopt') expect(state).toBe('deployed');
      }
    }),
  );
});
