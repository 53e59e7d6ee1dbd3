import { expect, it } from 'vitest';

import { VersionTimes } from './version-times.ts';

it('remembers when a version was learned of first, and only the latest 64', () => {
  const times = new VersionTimes();
  expect(times.learnedAt('a', 1)).toBeNull();
  for (let version = 1; version <= 65; version += 1) times.learned('a', version, version * 10);
  times.learned('a', 65, 999);
  expect([1, 2, 65].map((version) => times.learnedAt('a', version))).toEqual([null, 20, 650]);
  expect(times.learnedAt('b', 65)).toBeNull();
});
