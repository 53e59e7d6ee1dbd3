import { durationToMs } from '@tidegate/rest-api';
import { z } from 'zod';

import { listOf } from './lists.ts';
import { propagation } from './propagation.ts';

export type GatewayItem = z.infer<typeof gatewayItem>;
export type GatewayNode = z.infer<typeof gatewayNode>;
export type GatewayList = z.infer<typeof gatewayList>;
export type JoinTokenRequest = z.output<typeof joinTokenRequest>;
export type JoinTokenAnswer = z.infer<typeof joinTokenAnswer>;
export type DeletionsConfirmed = z.infer<typeof deletionsConfirmed>;

const time = z.iso.datetime();
const version = z.int().min(0);

/** What a router said last. */
export const gatewayNode = z.looseObject({
  id: z.string(),
  phase: z.enum(['starting', 'ready', 'draining', 'stopped', 'start_failed']),
  live: z.boolean().describe('Its lease is valid: it was heard lately'),
  leaseUntil: time.nullable(),
  lastSeen: time.nullable(),
  ackedEpoch: version,
  ackedVersion: version.describe('0 = it holds nothing yet'),
  ackedAt: time.nullable(),
  runtimeVersion: z.string().nullable(),
  rejected: z
    .array(z.looseObject({ id: z.string(), code: z.string(), message: z.string() }))
    .describe('Deployments it could not build; each keeps its last accepted form, or answers 503'),
  nack: z
    .looseObject({ epoch: version, version, code: z.string(), message: z.string(), at: time })
    .nullable()
    .describe('The version it refused, since it last applied one; it serves what it acked'),
});

/** The fleet's status in words comes with its own room. */
export const gatewayItem = z.looseObject({
  id: z.uuid(),
  handle: z.string(),
  displayName: z.string(),
  epoch: version,
  version: version.describe('What its routers should serve'),
  deletionsHeldBy: z
    .array(z.string())
    .describe('Nodes that wait for POST /gateways/{id}/confirm-deletions after the database went back; they serve what they had'),
  nodes: z.array(gatewayNode),
  issueCount: z.int().min(0),
  issues: z
    .array(
      z.object({
        deploymentId: z.string(),
        apiHandle: z.string(),
        diagnostics: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })),
      }),
    )
    .describe('Stored documents that this release cannot compile, and so are not served; the first 100'),
});

export const gatewayList = listOf('gateways', gatewayItem);

export const JOIN_TOKEN_TTL_MS = { min: 30 * 60_000, max: 24 * 3_600_000 } as const;

/** POST /gateways/{id}/join-tokens; how long the token lives (decision 27): written "30m" to "24h", read as milliseconds. */
export const joinTokenRequest = z.strictObject({
  expiresIn: z
    .string()
    .transform((text) => durationToMs(text) ?? Number.NaN)
    .refine((ms) => ms >= JOIN_TOKEN_TTL_MS.min && ms <= JOIN_TOKEN_TTL_MS.max, 'expiresIn must be from 30m to 24h')
    .prefault('1h'),
});

/** The token is shown this once, and buys one node credential. */
export const joinTokenAnswer = z.object({
  status: z.literal('success'),
  token: z.string(),
  expiresAt: z.iso.datetime(),
  gatewayId: z.uuid(),
  gatewayHandle: z.string(),
});

/** POST /gateways/{id}/confirm-deletions: the routers that wait take what the present epoch deletes. */
export const deletionsConfirmed = z.object({
  status: z.literal('success'),
  message: z.literal('Deletions confirmed'),
  gatewayId: z.uuid(),
  epoch: version,
  version,
  propagation: propagation.optional(),
});
