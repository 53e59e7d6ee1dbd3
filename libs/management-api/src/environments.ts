import { z } from 'zod';

import { listOf, paging } from './lists.ts';
import { propagation } from './propagation.ts';

export type EnvironmentItem = z.infer<typeof environmentItem>;
export type EnvironmentList = z.infer<typeof environmentList>;
export type EnvironmentListQuery = z.output<typeof environmentListQuery>;
export type EnvironmentRequest = z.output<typeof environmentRequest>;
export type EnvironmentPatch = z.output<typeof environmentPatch>;
export type DeploymentDeleted = z.infer<typeof deploymentDeleted>;
export type DeploymentItem = z.infer<typeof deploymentItem>;
export type DeploymentList = z.infer<typeof deploymentList>;
export type DeploymentRequest = z.output<typeof deploymentRequest>;

const time = z.iso.datetime();
const named = z.object({ id: z.uuid(), name: z.string() });

/** Paths are written without slashes at their ends, "" = the root; what is wrong with one is said by the server. */
export const environmentPaths = z.strictObject({ rest: z.string().max(255) });

export const environmentItem = z.object({
  id: z.uuid(),
  name: z.string(),
  classification: z.enum(['production', 'test']),
  paths: environmentPaths,
  gateway: named.nullable().describe('Changes only through an environment migration'),
  baseUrl: z.string().nullable().describe('Where its APIs are reached: the gateway URL and the path'),
  deployments: z.array(z.object({ api: z.string(), url: z.string().nullable(), basePath: z.string() })),
  migration: z.uuid().nullable().describe('The open migration'),
  rowVersion: z.int().min(1).describe('The ETag'),
  createdAt: time,
  propagation: propagation.optional(),
});

export const environmentList = listOf('environments', environmentItem);

export const environmentListQuery = z.object({
  ...paging,
  gateway: z.string().optional().describe('Handle or uuid; "none" = on no gateway'),
  search: z.string().trim().max(255).default(''),
});

/** POST /environments: on no gateway until a migration brings it onto one. */
export const environmentRequest = z.strictObject({
  name: z
    .string()
    .trim()
    .regex(/^[A-Za-z0-9]([A-Za-z0-9 ._-]{0,126}[A-Za-z0-9])?$/, 'must be 1 to 128 letters, digits, spaces, "." "_" "-"'),
  classification: z.enum(['production', 'test']).default('production'),
  paths: environmentPaths.default({ rest: '' }),
});

export const environmentPatch = z.strictObject({ paths: environmentPaths });

export const environmentDeleted = z.object({ status: z.literal('success'), message: z.string(), id: z.string() });

export const deploymentDeleted = environmentDeleted.extend({ propagation: propagation.optional() });

/** POST /environments/{id}/path-check */
export const pathCheck = z.object({ canonical: z.string(), exampleUrl: z.string().nullable() });

const upstream = z.strictObject({ url: z.url({ protocol: /^https?$/ }).max(2048) });

/** POST /rest-apis/{id}/deployments: the API also in this environment, perhaps elsewhere below it, perhaps with other upstreams. */
export const deploymentRequest = z.strictObject({
  environmentId: z.string(),
  basePath: z
    .string()
    .max(200)
    .regex(/^(\/[A-Za-z0-9._~-]+)*$/, 'must be "" or "/path"')
    .default(''),
  upstreams: z.strictObject({ main: upstream.optional(), sandbox: upstream.optional() }).default({}),
});

export const deploymentItem = z.object({
  id: z.string(),
  environment: named,
  gateway: named.nullable(),
  basePath: z.string(),
  upstreams: z.object({ main: upstream.optional(), sandbox: upstream.optional() }),
  propagation: propagation.optional(),
});

export const deploymentList = listOf('deployments', deploymentItem);
