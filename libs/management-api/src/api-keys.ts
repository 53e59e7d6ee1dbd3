import { z } from 'zod';

import { listOf, paging } from './lists.ts';
import { propagation } from './propagation.ts';

export type ApiKeyRequest = z.output<typeof apiKeyRequest>;
export type ApiKeyItem = z.infer<typeof apiKeyItem>;
export type ApiKeyCreated = z.infer<typeof apiKeyCreated>;
export type ApiKeyList = z.infer<typeof apiKeyList>;
export type ApiKeyListQuery = z.output<typeof apiKeyListQuery>;
export type ApiKeyRegeneration = z.output<typeof apiKeyRegeneration>;
export type ApiKeyUpdate = z.output<typeof apiKeyUpdate>;
export type ApiKeyUpdated = z.infer<typeof apiKeyUpdated>;
export type ApiKeyReleased = z.infer<typeof apiKeyReleased>;

/** POST …/api-keys. Everything is optional: `{}` makes a key that never expires, with a name of our choice. */
export const apiKeyRequest = z.strictObject({
  name: z
    .string()
    .min(3, 'name must be 3-63 characters')
    .max(63, 'name must be 3-63 characters')
    .regex(/^[a-z0-9]+([_-][a-z0-9]+)*$/, 'name must be lower-case letters and digits, with single - or _ between them')
    .optional(),
  apiKey: z.string().optional().describe('A key made elsewhere, 36-128 characters; it is registered instead of a new one'),
  maskedApiKey: z.string().min(1).max(64).optional().describe('How to show a key made elsewhere'),
  expiresIn: z
    .strictObject({ unit: z.enum(['seconds', 'minutes', 'hours', 'days', 'weeks', 'months']), duration: z.int().positive() })
    .nullish()
    .describe('A month is 30 days'),
  expiresAt: z.iso.datetime({ offset: true }).nullish().describe('RFC 3339; wins over expiresIn'),
  externalRefId: z.string().max(255).optional(),
  issuer: z.string().trim().max(255).optional(),
});

/** POST …/api-keys/{key}/regenerate: another value under the same uuid and name. Without an expiry the key keeps the one it has. */
export const apiKeyRegeneration = apiKeyRequest.pick({ expiresIn: true, expiresAt: true });

/**
 * PUT …/api-keys/{key}: another value for a key made elsewhere. An absent expiry is none; an absent externalRefId or issuer stays.
 * `name` is the key's own: keys are not renamed.
 */
export const apiKeyUpdate = apiKeyRequest.extend({ apiKey: z.string('apiKey is required').trim().min(1, 'apiKey is required') });

export const apiKeyListQuery = z.object(paging);

const keyFields = {
  uuid: z.uuid(),
  name: z.string(),
  apiId: z.string().describe('Handle of the API'),
  status: z
    .enum(['active', 'expired', 'held'])
    .describe('held: a router saw it revoked before the database went back. Not served until it is deleted or released'),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  expiresAt: z.iso.datetime().nullable(),
  source: z.enum(['local', 'external', 'control_plane']),
  generation: z.int().min(1).describe('+1 with every value it gets; the ETag'),
};

/** A key in a list: masked ("***a1b2c"). */
export const apiKeyItem = z.object({ ...keyFields, apiKey: z.string(), externalRefId: z.string().optional() });

/**
 * The guide's flat `uuid, name, key, createdAt` and WSO2's `apiKey{…}` in one (decision 6). The key is shown this once; one that
 * the caller brought is not repeated.
 */
export const apiKeyCreated = z.object({
  status: z.literal('success'),
  message: z.enum(['API key generated successfully', 'API key registered successfully']),
  uuid: z.uuid(),
  name: z.string(),
  key: z.string().optional(),
  createdAt: z.iso.datetime(),
  remainingApiKeyQuota: z.int().min(0),
  apiKey: z.object({ ...keyFields, apiKey: z.string().optional(), key: z.string().optional() }),
  propagation: propagation.optional(),
});

/** Our envelope, with WSO2's `totalCount` beside it. */
export const apiKeyList = listOf('apiKeys', apiKeyItem).extend({ totalCount: z.int().min(0) });

export const apiKeyUpdated = z.object({
  status: z.literal('success'),
  message: z.literal('API key updated successfully'),
  apiKey: apiKeyItem,
  propagation: propagation.optional(),
});

/** Also the answer for a key that is not there: revoking is idempotent. */
export const apiKeyRevoked = z.object({
  status: z.literal('success'),
  message: z.literal('API key revoked successfully'),
  propagation: propagation.optional(),
});

/**
 * POST …/api-keys/{key}/release: a held key is good after all. Uuid, name and key stay; routers, which refuse for ever what they
 * saw removed, come to know it under another id.
 */
export const apiKeyReleased = z.object({
  status: z.literal('success'),
  message: z.literal('API key released successfully'),
  apiKey: apiKeyItem,
  propagation: propagation.optional(),
});
