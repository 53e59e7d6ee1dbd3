import { z } from 'zod';

import { environmentPaths } from './environments.ts';
import { listOf } from './lists.ts';

export type MigrationItem = z.infer<typeof migrationItem>;
export type MigrationList = z.infer<typeof migrationList>;
export type MigrationStep1 = z.output<typeof migrationStep1>;
export type MigrationStepDone = z.output<typeof migrationStepDone>;
export type MigrationComplete = z.output<typeof migrationComplete>;
export type MigrationCheck = z.infer<typeof migrationCheck>;

const time = z.iso.datetime();
const named = z.object({ id: z.uuid(), name: z.string() });

export type Rehearsal = z.infer<typeof rehearsal>;

/** What the routers of the destination found when they asked every route of the environment. */
const rehearsal = z.object({
  at: time,
  routes: z.int().min(0),
  asked: z.int().min(0).describe('Over HTTP: GET and HEAD'),
  problems: z.array(
    z.object({ node: z.string(), api: z.string(), route: z.string(), code: z.enum(['NOT_ROUTED', 'UPSTREAM_UNREACHABLE']) }),
  ),
});

export const migrationCheck = z.object({
  code: z.string(),
  severity: z.enum(['ERROR', 'WARNING']),
  message: z.string(),
  step: z.int().min(1).max(3),
});

/** One row of the Environment Migration table. */
export const migrationItem = z.object({
  id: z.uuid(),
  environment: named,
  currentStep: z.object({ number: z.int().min(1).max(3), label: z.string() }),
  movingFrom: named.nullable(),
  movingTo: z
    .union([named, z.literal('off')])
    .nullable()
    .describe('null = not chosen yet'),
  paths: environmentPaths,
  state: z.enum(['draft', 'preparing', 'overlap', 'draining', 'completed', 'failed', 'rolled_back', 'cancelled']),
  stepsDone: z.int().min(0).max(3),
  acknowledged: z.array(z.string()),
  stateSince: time,
  overlapSeconds: z.int(),
  failure: z.string().nullable(),
  rehearsing: z.boolean().describe('It prepares for a look only, and is a draft again afterwards'),
  rehearsal: rehearsal.nullable().describe('The last one; null = there was none'),
  errors: z.array(migrationCheck).describe('What is in its way now'),
  rowVersion: z.int().min(1).describe('The ETag'),
  updatedAt: time,
  updatedBy: z.string(),
});

export const migrationList = listOf('migrations', migrationItem);

export const migrationListQuery = z.object({ state: z.enum(['open', 'closed']).default('open') });

export const migrationRequest = z.strictObject({ environmentId: z.string().describe('Name or uuid') });

export const migrationStep1 = z.strictObject({
  destination: z.union([z.strictObject({ gatewayId: z.string() }), z.strictObject({ off: z.literal(true) })]),
  paths: environmentPaths.optional().describe('At the destination; absent = as now'),
  complete: z.boolean().default(true),
});

export const migrationStepDone = z.strictObject({
  complete: z.boolean().default(true),
  acknowledgedWarnings: z.array(z.string().max(64)).max(64).default([]),
});

export const migrationComplete = z.strictObject({
  overlapSeconds: z.int().min(0).max(604_800).default(300),
  drainSeconds: z.int().min(0).max(3600).default(120).describe('At most, for what is under way; it ends as soon as nothing is'),
});

export const migrationChecks = listOf('checks', migrationCheck);
