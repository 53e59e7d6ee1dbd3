/** When a gateway takes a release by itself. `NEVER` = with the release, when its window ends. */
export interface ReleaseSchedule {
  readonly scheduleType: 'NEVER' | 'FIRST' | 'LAST';
  /** 0 = Sunday */
  readonly dayOfWeek: number | null;
  readonly hourOfDay: number | null;
  /** IANA name */
  readonly timeZone: string | null;
}

export interface ReleaseWindow {
  readonly fromMs: number;
  readonly untilMs: number | null;
}

const WEEK_MS = 7 * 86_400_000;
const QUARTER_MS = 900_000;

/**
 * The moment at which the schedule takes a release: that weekday and hour in the first or the last week of its window, on the clock of
 * that time zone. An hour that daylight saving skips is the next one; one that comes twice is the first. `null` = none.
 */
export function releaseSlot(schedule: ReleaseSchedule, window: ReleaseWindow): number | null {
  const { scheduleType, dayOfWeek, hourOfDay, timeZone } = schedule;
  if (scheduleType === 'NEVER' || dayOfWeek === null || hourOfDay === null || timeZone === null) return null;
  // Without an end the first week is the only one there is.
  const lastStart = window.untilMs === null ? window.fromMs : Math.max(window.fromMs, window.untilMs - WEEK_MS);
  const fromMs = scheduleType === 'FIRST' ? window.fromMs : lastStart;
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  // Time zones are whole quarters of hours apart from UTC.
  const firstMs = Math.ceil(fromMs / QUARTER_MS) * QUARTER_MS;
  for (let atMs = firstMs; atMs <= firstMs + WEEK_MS; atMs += QUARTER_MS) {
    const now = localTime(clock, atMs);
    if (now.dayOfWeek !== dayOfWeek || now.minute !== 0) continue;
    if (now.hour === hourOfDay) return atMs;
    if (now.hour === hourOfDay + 1 && localTime(clock, atMs - QUARTER_MS).hour === hourOfDay - 1) return atMs;
  }
  return null;
}

interface LocalTime {
  readonly dayOfWeek: number;
  readonly hour: number;
  readonly minute: number;
}

function localTime(clock: Intl.DateTimeFormat, atMs: number): LocalTime {
  const parts = clock.formatToParts(atMs);
  const part = (type: string) => parts.find((one) => one.type === type)?.value ?? '';
  return { dayOfWeek: DAYS.indexOf(part('weekday')), hour: Number(part('hour')), minute: Number(part('minute')) };
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const DAY_NAMES = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

/** The preview under the form. */
export function scheduleSentence({ scheduleType, dayOfWeek, hourOfDay, timeZone }: ReleaseSchedule): string {
  if (scheduleType === 'NEVER' || dayOfWeek === null || hourOfDay === null || timeZone === null)
    return 'Updates are taken when their window ends.';
  const week = scheduleType === 'FIRST' ? 'first' : 'last';
  const hour = `${String(hourOfDay).padStart(2, '0')}:00`;
  return `Updates are taken on ${DAY_NAMES[dayOfWeek] ?? ''} of the ${week} week of their window, at ${hour} (${timeZone}).`;
}
