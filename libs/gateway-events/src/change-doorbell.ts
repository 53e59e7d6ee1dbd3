import { z } from 'zod';

/** The Redis stream on which the controller's relay rings and apim-sync listens. */
export const CHANGES_STREAM = 'tidegate:changes';

/** XADD keeps about this many entries. What is trimmed is found by the sweep, so the bound costs latency, never correctness. */
export const CHANGES_LENGTH_MAX = 10_000;

/**
 * "Look at this API": identity and generation, never state. A lost, late, doubled or reordered ring is harmless, because
 * whoever hears it asks the controller what is true now.
 */
export const changeDoorbell = z.object({
  apiId: z.uuid(),
  generation: z.coerce.number().int().nonnegative(),
});
export type ChangeDoorbell = z.output<typeof changeDoorbell>;

/** Fields and values for XADD, flat. */
export function encodeDoorbell({ apiId, generation }: ChangeDoorbell): string[] {
  return ['apiId', apiId, 'generation', String(generation)];
}

/** The doorbell in a stream entry's flat fields; null when it is not one of ours (then it is skipped and acknowledged). */
export function decodeDoorbell(fields: readonly string[]): ChangeDoorbell | null {
  const record: Record<string, string> = {};
  for (let index = 0; index + 1 < fields.length; index += 2) record[fields[index] ?? ''] = fields[index + 1] ?? '';
  const parsed = changeDoorbell.safeParse(record);
  return parsed.success ? parsed.data : null;
}
