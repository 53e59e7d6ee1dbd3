import { expect, it } from 'vitest';

import { releaseSlot, type ReleaseSchedule, scheduleSentence } from './release-slot.ts';

const at = (text: string) => Date.parse(text);
const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
const schedule = (scheduleType: ReleaseSchedule['scheduleType'], dayOfWeek: number, hourOfDay: number, timeZone: string) => ({
  scheduleType,
  dayOfWeek,
  hourOfDay,
  timeZone,
});

// Two weeks: Wednesday 11 to Wednesday 25 March 2026. Clocks change on 8 March in New York and on 29 March in Berlin.
const march = { fromMs: at('2026-03-11T09:30:00Z'), untilMs: at('2026-03-25T09:30:00Z') };

it.each([
  ['the first week', schedule('FIRST', 6, 22, 'Europe/Berlin'), '2026-03-14T21:00:00.000Z'],
  ['the last week', schedule('LAST', 6, 22, 'Europe/Berlin'), '2026-03-21T21:00:00.000Z'],
  ['another zone', schedule('FIRST', 6, 22, 'Asia/Kolkata'), '2026-03-14T16:30:00.000Z'],
  ['a zone across the date line', schedule('FIRST', 0, 0, 'Pacific/Kiritimati'), '2026-03-14T10:00:00.000Z'],
  ['a slot that is past on the first day waits for next week', schedule('FIRST', 3, 9, 'UTC'), '2026-03-18T09:00:00.000Z'],
])('%s', (_, wanted, expected) => {
  expect(iso(releaseSlot(wanted, march))).toBe(expected);
});

it('takes the next hour when daylight saving skips the wanted one, and the first when it comes twice', () => {
  const spring = { fromMs: at('2026-03-25T00:00:00Z'), untilMs: null };
  expect(iso(releaseSlot(schedule('FIRST', 0, 2, 'Europe/Berlin'), spring))).toBe('2026-03-29T01:00:00.000Z');
  const autumn = { fromMs: at('2026-10-21T00:00:00Z'), untilMs: null };
  expect(iso(releaseSlot(schedule('FIRST', 0, 2, 'Europe/Berlin'), autumn))).toBe('2026-10-25T00:00:00.000Z');
});

it('has no slot where nothing is scheduled', () => {
  expect(releaseSlot({ scheduleType: 'NEVER', dayOfWeek: null, hourOfDay: null, timeZone: null }, march)).toBeNull();
});

it('says it in a sentence', () => {
  expect(scheduleSentence(schedule('LAST', 6, 2, 'Europe/Berlin'))).toBe(
    'Updates are taken on Saturday of the last week of their window, at 02:00 (Europe/Berlin).',
  );
});
