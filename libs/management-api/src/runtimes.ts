import { z } from 'zod';

import { listOf } from './lists.ts';

export type ReleaseItem = z.infer<typeof releaseItem>;
export type ReleaseRequest = z.output<typeof releaseRequest>;
export type RuntimeAnswer = z.infer<typeof runtimeAnswer>;
export type RuntimeApply = z.output<typeof runtimeApply>;
export type RuntimeSchedule = z.output<typeof runtimeSchedule>;
export type ScheduleAnswer = z.infer<typeof scheduleAnswer>;

const time = z.iso.datetime();
const version = z.string().regex(/^\d{1,5}\.\d{1,5}\.\d{1,5}$/, 'must be MAJOR.MINOR.PATCH');
const base64 = z.base64();

/** POST /runtime-releases: what `npm run release` wrote, and when it may and when it must be taken. */
export const releaseRequest = z.strictObject({
  manifest: base64.max(8192).describe('The signed bytes'),
  signature: base64.max(128).describe('Ed25519 over the manifest'),
  bundle: base64.describe('Gzipped code; named by its hash in the manifest'),
  channel: z.enum(['stable', 'early']).default('stable'),
  notes: z.string().max(10_000).default(''),
  rollingCompatible: z.boolean().default(true).describe('False: its routers do not get along with those of the release before'),
  availableFrom: time.optional().describe('Absent = now'),
  mandatoryFrom: time.nullable().default(null).describe('From then on every gateway takes it by itself; null = never'),
});

export const releaseItem = z.object({
  version,
  channel: z.enum(['stable', 'early']),
  notes: z.string(),
  rollingCompatible: z.boolean(),
  sha256: z.string(),
  bytes: z.int(),
  availableFrom: time,
  mandatoryFrom: time.nullable(),
  publishedBy: z.string(),
  publishedAt: time,
});

export const releaseList = listOf('releases', releaseItem);

/** GET /gateways/{id}/runtime */
export const runtimeAnswer = z.object({
  status: z.literal('success'),
  current: z.string().nullable().describe('What its routers shall run, else what they do; null = none has said'),
  pending: releaseItem.nullable().describe('Newest release that can be applied'),
  rollback: z.string().nullable().describe('What can be gone back to'),
  lastUpdatedAt: time.nullable(),
  window: z
    .object({ from: time, until: time.nullable() })
    .nullable()
    .describe('Of the pending release, else of the one that runs: at its end it is taken without being asked for'),
  schedule: z.object({ enabled: z.boolean(), nextRunAt: time.nullable() }),
  nodes: z.array(z.object({ id: z.string(), live: z.boolean(), version: z.string().nullable(), isCurrent: z.boolean() })),
  operation: z.object({ id: z.uuid() }).nullable(),
});

export const runtimeApply = z.strictObject({
  version: version.optional().describe('Absent = the pending one'),
  acceptDowntime: z.boolean().default(false).describe('For a release whose routers do not get along with those before'),
});

/** PUT /gateways/{id}/runtime/schedule; with FIRST and LAST all parts are needed. */
export const runtimeSchedule = z
  .strictObject({
    scheduleType: z.enum(['NEVER', 'FIRST', 'LAST']),
    dayOfWeek: z.int().min(0).max(6).optional().describe('0 = Sunday'),
    hourOfDay: z.int().min(0).max(23).optional(),
    timeZone: z.string().max(64).refine(isTimeZone, 'must be an IANA time zone, like Europe/Berlin').optional(),
  })
  .superRefine((schedule, context) => {
    if (schedule.scheduleType === 'NEVER') return;
    for (const part of ['dayOfWeek', 'hourOfDay', 'timeZone'] as const) {
      if (schedule[part] === undefined)
        context.addIssue({ code: 'custom', path: [part], message: `${part} is needed with ${schedule.scheduleType}` });
    }
  });

export const scheduleAnswer = z.object({
  status: z.literal('success'),
  scheduleType: z.enum(['NEVER', 'FIRST', 'LAST']),
  dayOfWeek: z.int().nullable(),
  hourOfDay: z.int().nullable(),
  timeZone: z.string().nullable(),
  nextRunAt: time.nullable().describe('null = nothing is pending, or the slot is past'),
  sentence: z.string(),
  revision: z.int().describe('The ETag'),
});

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
