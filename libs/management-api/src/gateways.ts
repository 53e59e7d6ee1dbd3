import { durationToMs } from '@tidegate/rest-api';
import { z } from 'zod';

import { gatewayIssue, gatewayState, gatewayStatus, nodeState } from './gateway-status.ts';
import { listOf, paging } from './lists.ts';
import { propagation } from './propagation.ts';

export type GatewayItem = z.infer<typeof gatewayItem>;
export type GatewayNode = z.infer<typeof gatewayNode>;
export type GatewayList = z.infer<typeof gatewayList>;
export type JoinTokenRequest = z.output<typeof joinTokenRequest>;
export type JoinTokenAnswer = z.infer<typeof joinTokenAnswer>;
export type DeletionsConfirmed = z.infer<typeof deletionsConfirmed>;
export type GatewayListQuery = z.output<typeof gatewayListQuery>;
export type GatewayRequest = z.output<typeof gatewayRequest>;
export type GatewayPatch = z.output<typeof gatewayPatch>;
export type GatewayDeleteQuery = z.output<typeof gatewayDeleteQuery>;
export type NodeList = z.infer<typeof nodeList>;
export type TokenRequest = z.output<typeof tokenRequest>;
export type TokenCreated = z.infer<typeof tokenCreated>;
export type TokenList = z.infer<typeof tokenList>;

const time = z.iso.datetime();
const version = z.int().min(0);

/** What a router said last. */
export const gatewayNode = z.looseObject({
  id: z.string(),
  state: nodeState,
  label: z.string(),
  replaced: z.boolean().describe('Dead, and a newer node serves in its place'),
  hostName: z.string().nullable(),
  bootedAt: time.nullable(),
  readyAt: time.nullable(),
  startupProperties: z.record(z.string(), z.string()).describe('As of its last start'),
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

const named = z.object({ id: z.uuid(), name: z.string() });

/** One row of the Gateways table, and the head of a gateway's settings page. */
export const gatewayItem = z.looseObject({
  id: z.uuid(),
  handle: z.string(),
  displayName: z.string(),
  hostName: z.string().nullable().describe('As set, else of the node that has been ready for longest, "+n" for the others'),
  gatewayUrl: z.string().nullable().describe('Public URL, else bind address'),
  publicUrl: z.string().nullable(),
  bindAddress: z.string().nullable(),
  healthCheckPath: z.string().nullable(),
  expectedMinNodes: z.int().min(0),
  forceRestartMinutes: z.int().min(0).describe('0 = not set'),
  createdAt: time,
  deletedAt: time.nullable(),
  rowVersion: z.int().min(1).describe('The ETag'),
  status: gatewayStatus,
  environments: z.array(named).describe('Attached to it, by name'),
  epoch: version,
  version: version.describe('What its routers should serve'),
  deletionsHeldBy: z
    .array(z.string())
    .describe('Nodes that wait for POST /gateways/{id}/confirm-deletions after the database went back; they serve what they had'),
  nodes: z.array(gatewayNode),
  issueCount: z.int().min(0),
  issues: z.array(gatewayIssue).describe('The first 100; always empty for a deleted gateway'),
});

export const gatewayList = listOf('gateways', gatewayItem).extend({
  unattached: z.array(named).describe('Environments on no gateway, by name; those that match the search. Enabled view only'),
});

/** `status` may be given several times, as a comma list. */
export const gatewayListQuery = z.object({
  ...paging,
  view: z.enum(['enabled', 'deleted']).default('enabled'),
  search: z.string().trim().max(255).default('').describe('Part of a gateway or environment name, in any case'),
  status: z
    .string()
    .optional()
    .transform((text) => (text === undefined || text === '' ? [] : text.split(',')))
    .pipe(z.array(gatewayState)),
  sort: z.enum(['name', 'status', 'hostName', 'gatewayUrl']).default('name'),
  order: z.enum(['asc', 'desc']).default('asc'),
});

const url = z.url({ protocol: /^https?$/ }).max(512);
const settings = {
  displayName: z.string().trim().min(1).max(128),
  publicUrl: url.nullable(),
  bindAddress: url.nullable(),
  hostName: z
    .string()
    .max(255)
    .regex(/^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$/, 'must be a host name')
    .nullable(),
  healthCheckPath: z.string().max(255).regex(/^\//, 'must begin with /').nullable(),
  expectedMinNodes: z.int().min(0).max(100),
  forceRestartMinutes: z.int().min(0).max(1440),
};

/** POST /gateways. The name is a handle, used in paths; a deleted gateway's name may be used again. */
export const gatewayRequest = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be 1 to 63 of a-z, 0-9 and -, and begin and end with a-z or 0-9'),
  displayName: settings.displayName.optional(),
  publicUrl: settings.publicUrl.default(null),
  bindAddress: settings.bindAddress.default(null),
  hostName: settings.hostName.default(null),
  healthCheckPath: settings.healthCheckPath.default(null),
  expectedMinNodes: settings.expectedMinNodes.default(1),
  forceRestartMinutes: settings.forceRestartMinutes.default(0),
});

/** PATCH /gateways/{id}: what is absent stays; null clears. */
export const gatewayPatch = z.strictObject(settings).partial();

const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true');

/** DELETE /gateways/{id}: its environments stay, on no gateway, if that is said. */
export const gatewayDeleteQuery = z.object({ detachEnvironments: flag, acknowledgeMigrations: flag });

export const gatewayDeleted = z.object({ status: z.literal('success'), message: z.string(), id: z.string() });

export const gatewayIssueList = listOf('issues', gatewayIssue);

export const nodeList = listOf('nodes', gatewayNode);

/** POST /gateways/{id}/tokens */
export const tokenRequest = z.strictObject({ validMinutes: z.int().min(30).max(1440).default(60) });

/** How to make a machine a node with a token: commands to copy. */
export const tokenCreated = z.object({
  status: z.literal('success'),
  id: z.uuid(),
  token: z.string().describe('Shown this once'),
  expiresAt: time,
  gatewayId: z.uuid(),
  gatewayHandle: z.string(),
  commands: z.object({ process: z.string(), container: z.string(), kubernetes: z.string() }),
});

export const tokenList = listOf(
  'tokens',
  z.object({
    id: z.uuid(),
    createdBy: z.string(),
    createdAt: time,
    expiresAt: time,
    usedAt: time.nullable(),
    usedByNode: z.string().nullable(),
  }),
);

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
