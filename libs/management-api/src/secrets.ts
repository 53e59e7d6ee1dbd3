import { z } from 'zod';

import { listOf, paging } from './lists.ts';
import { propagation } from './propagation.ts';

export type Secret = z.infer<typeof secret>;
export type SecretItem = z.infer<typeof secretItem>;
export type SecretList = z.infer<typeof secretList>;
export type SecretListQuery = z.output<typeof secretListQuery>;
export type SecretRequest = z.output<typeof secretRequest>;

/** Bytes of a value, UTF-8 */
export const SECRET_BYTES_MAX = 10_240;

const API_VERSION = 'gateway.api-platform.wso2.com/v1';

const name = z
  .string('Metadata name is required')
  .min(1, 'Metadata name is required')
  .max(255, 'metadata.name must be at most 255 characters')
  // Also what would need an escape in a template expression
  .regex(
    /^[^\s}/\\"`\p{Cc}]*$/u,
    "metadata.name must not contain whitespace, '/', '}', quotes, backslashes or control characters",
  );

const labels = z.record(z.string().regex(/^\S+$/, 'label keys must not contain whitespace'), z.string()).optional();

const spec = {
  displayName: z
    .string('displayName is required')
    .min(1, 'displayName is required')
    .max(253, 'displayName must be 1-253 characters')
    .regex(/^[a-zA-Z0-9\-_. ]*$/, 'displayName must be letters, numbers, spaces, hyphens, underscores and dots'),
  description: z.string().max(1024, 'description must be at most 1024 characters').optional(),
};

/** POST /secrets and PUT /secrets/{id} */
export const secretRequest = z.strictObject({
  apiVersion: z.string().optional().describe(API_VERSION),
  kind: z.literal('Secret', "Unsupported kind (must be 'Secret')"),
  metadata: z.strictObject(
    { name, labels, annotations: z.record(z.string(), z.string()).optional() },
    'Metadata name is required',
  ),
  spec: z.strictObject(
    {
      ...spec,
      value: z
        .string('value is required')
        .min(1, 'value is required')
        .refine(
          (value) => new TextEncoder().encode(value).length <= SECRET_BYTES_MAX,
          `value must be at most ${SECRET_BYTES_MAX} bytes`,
        )
        .describe('Never answered'),
    },
    'Spec is required',
  ),
});

const status = z.object({
  id: z.string().describe('metadata.name'),
  uuid: z.uuid(),
  generation: z.int().min(1).describe('+1 per accepted write; the ETag'),
  createdBy: z.string(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
});

/** Without its value. */
export const secret = z.object({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal('Secret'),
  metadata: z.object({
    name: z.string(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
  }),
  spec: z.object({ displayName: z.string(), description: z.string().optional() }),
  status: status.extend({ usedBy: z.array(z.string()).optional().describe('Handles of the APIs whose documents name it') }),
  propagation: propagation.optional(),
});

export const secretItem = z.object({
  metadata: z.object({ name: z.string() }),
  spec: z.object({ displayName: z.string() }),
  status,
});

/** `search` is looked for in name and display name, in any case. */
export const secretListQuery = z.object({ ...paging, search: z.string().max(200).optional() });

export const secretList = listOf('secrets', secretItem);
