import { expect, it } from 'vitest';

import { type Sample, slopes } from './slopes.ts';

const sample = (minute: number, rssKib: number, descriptors = 20): Sample => ({
  process: 'router-1/7',
  atMs: minute * 60_000,
  rssKib,
  descriptors,
  loopDelayMs: minute,
});

it('sees what grows, and not what was only warming up', () => {
  const warming = [0, 1, 2, 3].map((minute) => sample(minute, 50_000 + minute * 20_000));
  const flat = [4, 5, 6, 7].map((minute) => sample(minute, 130_000));
  expect(slopes([...warming, ...flat])).toEqual([
    {
      process: 'router-1/7',
      minutes: 7,
      rssMib: 127,
      rssKibPerMinute: 0,
      descriptors: 20,
      descriptorsPerMinute: 0,
      loopDelayMsMax: 7,
    },
  ]);
  const growing = [4, 5, 6, 7].map((minute) => sample(minute, 130_000 + minute * 3000, minute * 2));
  expect(slopes([...warming, ...growing])[0]).toMatchObject({ rssKibPerMinute: 3000, descriptorsPerMinute: 2 });
});
