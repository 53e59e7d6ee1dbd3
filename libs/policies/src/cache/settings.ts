import { z } from 'zod';

/** `[policy_configurations.cache_v1]`; what is not here is ignored. */
export const cacheSettings = z.object({
  /** Of all stored answers of a router together */
  memory: z
    .object({
      max_bytes: z
        .int()
        .min(1)
        .max(2 ** 36)
        .default(64 * 1024 * 1024),
    })
    .prefault({}),
});
