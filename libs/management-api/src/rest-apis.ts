import { restApiDocument } from '@tidegate/rest-api';
import { z } from 'zod';

import { listOf, paging } from './lists.ts';
import { propagation } from './propagation.ts';
import { cpSyncInfo, cpSyncStatus } from './sync-status.ts';

export type RestApiAnswer = z.infer<typeof restApiAnswer>;
export type RestApiList = z.infer<typeof restApiList>;
export type RestApiListQuery = z.output<typeof restApiListQuery>;
export type RestApiSort = RestApiListQuery['sort'];
export type SyncRequest = z.output<typeof syncRequest>;

const state = z.enum(['deployed', 'undeployed']);
const time = z.iso.datetime();

/** What the server knows about an API; stands both at top level (the guide reads it there) and in `status`. */
const facts = {
  uuid: z.uuid(),
  origin: z.enum(['gateway_api', 'control_plane']),
  desiredState: state,
  generation: z.int().min(1).describe('+1 per accepted write; the ETag'),
  cpSyncStatus: cpSyncStatus.nullable().describe('null for an API that came from the control plane'),
  cpSyncInfo: cpSyncInfo.or(z.strictObject({})).describe('Empty for an API that came from the control plane'),
  createdAt: time,
  updatedAt: time,
  deployedAt: time.nullable(),
};

const { apiVersion, kind, metadata, spec } = restApiDocument.shape;

/**
 * The document as submitted (with `spec.vhosts` filled in), WSO2's `status{…}` and the guide's flat fields, in one (decision 2).
 * The flat `context` has `$version` replaced; `spec.context` is as submitted, except in a list, where it is replaced too.
 */
export const restApiAnswer = z.object({
  apiVersion,
  kind,
  metadata,
  spec,
  status: z.object({ id: z.string().describe('The handle, metadata.name'), state, ...facts }),
  ...facts,
  displayName: z.string(),
  version: z.string(),
  context: z.string(),
  policies: z.array(z.unknown()),
  warnings: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })).optional(),
  propagation: propagation.optional().describe('Only when it was asked for: ?wait= or Prefer: wait='),
});

export const restApiList = listOf('apis', restApiAnswer);

const filter = z.string().optional();

const SORTED_BY = ['name', 'displayName', 'version', 'context', 'status', 'createdAt', 'updatedAt'] as const;

/** `-` = descending */
const sort = z.enum(SORTED_BY.flatMap((field) => [field, `-${field}` as const]));

const LABELS_MAX = 10;

/** "team=payments,tier=gold" → both must be there */
const label = z.string().transform((text, context) => {
  const pairs = text === '' ? [] : text.split(',').map((pair) => /^\s*([^=\s]+)=(.*)$/.exec(pair));
  if (pairs.length > LABELS_MAX || pairs.includes(null)) {
    context.addIssue({ code: 'custom', message: `label must be key=value, up to ${LABELS_MAX} of them separated by commas` });
  }
  const labels: Readonly<Record<string, string>> = Object.fromEntries(
    pairs.flatMap((pair) => (pair === null ? [] : [[pair[1] as string, pair[2] as string]])),
  );
  return labels;
});

/**
 * All filters must fit. Those of WSO2 are exact: an empty one filters nothing, an unknown value finds nothing, `context` is compared
 * resolved. `search` is looked for in handle, display name and resolved context, in any case.
 */
export const restApiListQuery = z.object({
  ...paging,
  displayName: filter,
  version: filter,
  context: filter,
  status: filter,
  origin: filter,
  label: label.prefault('').describe('key=value, several separated by commas'),
  search: z.string().max(200).optional(),
  sort: sort.default('-createdAt').describe('A field, or -field for descending'),
});

export const restApiDeleted = z.object({
  status: z.literal('success'),
  message: z.literal('RestAPI deleted successfully'),
  id: z.string(),
  propagation: propagation.optional(),
});

/** POST /rest-apis/{id}/sync; `adopt` takes over an API of the same name in APIM that is not marked as ours (decision 31). */
export const syncRequest = z.strictObject({ adopt: z.boolean().default(false) });
