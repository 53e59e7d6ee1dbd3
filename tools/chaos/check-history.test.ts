import { expect, test } from 'vitest';

import { checkHistory, type HeldApi, type WantedApi } from './check-history.ts';

/** The checker must see what it is there to see: planted histories, each wrong in one way. */

const good: WantedApi = {
  name: 'A',
  ids: ['a1'],
  last: { id: 'a1', generation: 3, state: 'deployed' },
  status: { cpSyncStatus: 'success', generation: 3 },
};
const revision = (generation: number, deployed: boolean, id = 'a1') => ({ id, generation, deployed });
const held: HeldApi = { name: 'A', revisions: [revision(1, false), revision(3, true)], revisionsMade: 2 };
const gone: WantedApi = { ...good, last: null, status: null };

const kinds = (wanted: WantedApi, copies: readonly HeldApi[], revisionsMax = 3) =>
  checkHistory([wanted], copies, () => revisionsMax).map(({ kind }) => kind);

test('is content with what is right', () => {
  expect(kinds(good, [held])).toEqual([]);
  expect(kinds(gone, [{ ...held, revisions: [revision(3, false)] }])).toEqual([]);
  expect(kinds(gone, [])).toEqual([]);
  expect(kinds({ ...good, ids: ['a0', 'a1'] }, [{ ...held, revisions: [revision(7, false, 'a0'), revision(3, true)] }])).toEqual(
    [],
  );
  const pending = { cpSyncStatus: 'pending', generation: 1 };
  expect(kinds({ ...good, status: pending }, [held])).toEqual([]);
});

test.each<[string, WantedApi, readonly HeldApi[], readonly string[]]>([
  ['lost: nothing arrived', { ...good, status: { cpSyncStatus: 'pending', generation: null } }, [], ['lost']],
  [
    'lost: an older one is live',
    { ...good, status: { cpSyncStatus: 'pending', generation: 1 } },
    [{ ...held, revisions: [revision(1, true)] }],
    ['lost'],
  ],
  ['doubled: two APIs', good, [held, { ...held, revisions: [], revisionsMade: 0 }], ['doubled']],
  ['doubled: imported again and again', good, [{ ...held, revisionsMade: 9 }], ['doubled']],
  ['reordered: an old one on top', good, [{ ...held, revisions: [revision(3, true), revision(2, false)] }], ['reordered']],
  ['stale success: it says so and nothing is there', good, [], ['lost', 'stale-success']],
  [
    'stale success: of the generation before',
    { ...good, status: { cpSyncStatus: 'success', generation: 2 } },
    [held],
    ['stale-success'],
  ],
  ['orphan of a deleted one', gone, [held], ['orphan']],
  ['orphan of an undeployed one', { ...good, last: { id: 'a1', generation: 4, state: 'undeployed' } }, [held], ['orphan']],
  ['foreign mark', good, [{ ...held, revisions: [revision(9, false, 'stranger'), revision(3, true)] }], ['foreign']],
])('%s', (_, wanted, copies, expected) => {
  expect(kinds(wanted, copies)).toEqual(expected);
});
