import { z } from 'zod';

/** `[log]`, the one table every app reads; `APIP_GW_LOG_LEVEL=debug` is the guide's way to set it. */
export const logSettings = z.object({
  level: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  format: z.enum(['json', 'text']).default('json'),
});

/** `[redis]`: empty means "no Redis, run on the sweep". `REDIS_URL` fills an empty url, see load-config.ts. */
export const redisSettings = z.object({
  url: z.string().default(''),
});
