import { expect, it } from 'vitest';

import { compareApim, type LinkedApi } from './compare-apim.ts';

const link = {
  phase: 'synced',
  desiredGeneration: 3,
  syncedGeneration: 3,
  inDoubt: false,
  looking: false,
  paused: false,
  message: null,
};

it.each<[string, Partial<LinkedApi>, object[]]>([
  ['as wanted', {}, []],
  ['deleted here and there', { generation: null }, []],
  ['never noted', { link: null }, [{ code: 'not_linked' }]],
  ['an edit that was not noted', { generation: 4 }, [{ code: 'not_linked' }]],
  [
    'on its way',
    { link: { ...link, phase: 'waiting', syncedGeneration: 2 } },
    [{ code: 'not_synced', message: /2 of 3: waiting$/ }],
  ],
  ['refused', { link: { ...link, phase: 'parked', message: 'no' } }, [{ code: 'not_synced', message: /: no$/ }]],
  ['paused', { link: { ...link, syncedGeneration: 2, paused: true } }, [{ message: /paused by an operator$/ }]],
  ['in doubt', { link: { ...link, inDoubt: true } }, [{ code: 'in_doubt' }]],
])('%s', (_, changes, differences) => {
  const found = compareApim([{ handle: 'pets', generation: 3, link, ...changes }]);
  expect(found).toMatchObject(
    differences.map((one) => ({
      stage: 'apim',
      subject: 'pets',
      ...one,
      ...('message' in one ? { message: expect.stringMatching(one.message as RegExp) as string } : {}),
    })),
  );
});
