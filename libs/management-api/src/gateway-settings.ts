import { z } from 'zod';

export type SettingsAnswer = z.infer<typeof settingsAnswer>;
export type SettingsRequest = z.output<typeof settingsRequest>;
export type SettingsQuery = z.output<typeof settingsQuery>;
export type StartupProperties = z.infer<typeof startupProperties>;
export type LogRequest = z.output<typeof logRequest>;
export type LogRequestItem = z.infer<typeof logRequestItem>;

const time = z.iso.datetime();
const value = z.union([z.string(), z.number(), z.boolean()]);

/** PUT /gateways/{id}/settings/{section}: every property of the section that shall differ from the routers' own configuration. */
export const settingsRequest = z.strictObject({ values: z.record(z.string().max(128), value.nullable()) });

export const settingsQuery = z.object({
  restartOnSave: z
    .enum(['true', 'false'])
    .default('false')
    .transform((text) => text === 'true')
    .describe('Restart the routers if a property waits for that'),
});

export const settingsAnswer = z.object({
  status: z.literal('success'),
  section: z.enum(['properties', 'execution', 'location']),
  revision: z.int().describe('The ETag'),
  desired: z.record(z.string(), value.nullable()).describe('What is absent is as each router has it'),
  effective: z.record(z.string(), value.nullable()).describe('What every router runs with; null = they differ, or none has said'),
  restartRequired: z.boolean(),
  nodes: z.array(
    z.object({
      id: z.string(),
      live: z.boolean(),
      revision: z.int().describe('Of the settings it has taken; behind = it has not heard of the last change'),
      effective: z.record(z.string(), z.string()),
      waiting: z.array(z.string()).describe('Wait for its next start'),
      refused: z.array(z.string()).describe('Its release does not know or take these'),
    }),
  ),
  schema: z.array(
    z.object({
      name: z.string(),
      type: z.enum(['integer', 'flag', 'choice', 'text']),
      min: z.number().optional(),
      max: z.number().optional(),
      unit: z.string().optional(),
      choices: z.array(z.string()).optional(),
      restartRequired: z.boolean(),
      description: z.string(),
    }),
  ),
  operation: z.object({ id: z.uuid() }).nullable().describe('The restart that was asked for'),
});

/** GET /gateways/{id}/startup-properties, in groups. */
export const startupProperties = z.object({
  status: z.literal('success'),
  capturedAt: time,
  nodes: z.array(
    z.object({
      id: z.string(),
      live: z.boolean(),
      bootedAt: time.nullable(),
      runtimeVersion: z.string().nullable(),
      groups: z.record(z.string(), z.record(z.string(), z.string())),
    }),
  ),
});

export const startupQuery = z.object({ nodeId: z.string().max(128).optional() });

/** POST /gateways/{id}/log-requests */
export const logRequest = z.strictObject({
  date: z.iso.date().optional().describe('UTC day, from a week ago to today; absent = all that routers keep'),
  includeCrash: z.boolean().default(false),
  includeConfig: z.boolean().default(false),
  nodes: z.array(z.string().max(128)).min(1).max(100).optional().describe('Absent = every router that is connected'),
});

export const logRequestItem = z.object({
  id: z.uuid(),
  state: z.enum(['PENDING', 'READY', 'EMPTY', 'FAILED', 'EXPIRED']),
  requestedBy: z.string(),
  requestedAt: time,
  expiresAt: time,
  fileName: z.string(),
  bytes: z.int(),
  nodes: z.array(z.object({ id: z.string(), done: z.boolean(), ok: z.boolean().nullable(), message: z.string().nullable() })),
});
