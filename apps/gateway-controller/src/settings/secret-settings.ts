import { secret } from '@tidegate/process';
import { z } from 'zod';

/** 32 bytes, raw in a file, or as hexadecimal or base64 in either. */
const encryptionKey = z
  .strictObject({
    version: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
    file: z.string().default(''),
    key: secret().prefault(''),
  })
  .refine(({ file, key }) => (file === '') !== (key.reveal() === ''), { message: 'must have either file or key' });

const ENV_PATTERN = /^[A-Za-z_][A-Za-z0-9_]*\*?$/;

/** `[controller.encryption]`. The first key seals secrets, all of them open: a new one goes in front */
export const encryptionSettings = z.strictObject({
  providers: z
    .array(z.strictObject({ type: z.literal('aesgcm').default('aesgcm'), keys: z.array(encryptionKey).max(20) }))
    .max(1)
    .default([]),
});

/** `[controller.templates]`. Variables that `{{ env "NAME" }}` in a document may read: names, or PREFIX_* for all that begin so */
export const templateSettings = z.strictObject({ env: z.array(z.string().regex(ENV_PATTERN)).max(1000).default([]) });

/** Whether one of the patterns of `[controller.templates]` lets documents read this variable */
export function isEnvAllowed(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => (pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : pattern === name));
}
