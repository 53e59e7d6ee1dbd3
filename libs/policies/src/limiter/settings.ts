import type { BuildContext } from '@tidegate/policy-sdk';
import { z } from 'zod';

import { anchoredWindow } from './anchored-window.ts';
import { durationsText, durationToMs } from './duration.ts';
import { fixedWindow, type WindowState } from './fixed-window.ts';
import { type BucketState, gcra } from './gcra.ts';
import { createLimiter, ENTRIES_MAX_DEFAULT, type Limiter } from './limiter.ts';
import type { Algorithm, Quota } from './quota.ts';
import { type CellForm, createSharedLimiter, type SharedPlace } from './shared-limiter.ts';

export type LimiterSettings = z.infer<typeof limiterSettings>;

const durationSetting = (preset: string) => durationsText.transform(durationToMs).prefault(preset);

/** System parameters of the rate limiting policies, WSO2's names; what is not here is ignored. */
export const limiterSettings = z.object({
  algorithm: z.enum(['fixed-window', 'gcra']).default('fixed-window'),
  /** "memory": each router counts for itself. "redis": all routers count together; WSO2's "redis-local-async" is the same here, and exact */
  backend: z
    .enum(['memory', 'redis', 'redis-local-async'])
    .default('memory')
    .transform((backend) => (backend === 'memory' ? 'memory' : 'redis')),
  redis: z
    .object({
      host: z.string().min(1).default('localhost'),
      port: z.int().min(1).max(65_535).default(6379),
      username: z.string().default(''),
      password: z.string().default(''),
      db: z.int().min(0).max(1_000_000).default(0),
      key_prefix: z.string().max(128).default('ratelimit:v1:'),
      failure_mode: z.enum(['open', 'closed']).default('open'),
      connection_timeout: durationSetting('5s'),
      read_timeout: durationSetting('3s'),
    })
    .prefault({}),
  memory: z
    .object({
      max_entries: z.int().min(1).max(10_000_000).default(ENTRIES_MAX_DEFAULT),
      /** Routers that share every limit by guess: each counts up to limit ÷ this many, so that together they stay below it */
      expected_routers: z.int().min(1).max(10_000).default(1),
    })
    .prefault({}),
  headers: z
    .object({
      include_x_ratelimit: z.boolean().default(true),
      include_ietf: z.boolean().default(true),
      include_retry_after: z.boolean().default(true),
    })
    .prefault({}),
});

/** What this process counts by; `shared`: together with the router's other workers, `null` = there are none. */
export function limiterFor(quota: Quota, settings: LimiterSettings, shared: SharedPlace | null): Limiter {
  const entriesMax = settings.memory.max_entries;
  const share = shareOf(quota, settings.memory.expected_routers);
  if (quota.anchored === true) return built(anchoredWindow(share), WINDOW, { entriesMax, shared });
  if (settings.algorithm === 'gcra') return built(gcra(share), BUCKET, { entriesMax, shared });
  return built(fixedWindow(share), WINDOW, { entriesMax, shared });
}

/** `name` is this limit's on every worker, and no other's. */
export function sharedAs(name: string, { cells }: Pick<BuildContext, 'cells'>): SharedPlace | null {
  return cells === null ? null : { cells, name };
}

/** Rounded down, for together they must not exceed the limit; a limit smaller than the number of routers lets one pass on each. */
export function shareOf({ limit, burst, ...quota }: Quota, routers: number): Quota {
  const share = (count: number): number => Math.max(1, Math.floor(count / routers));
  return { ...quota, limit: share(limit), ...(burst !== undefined && { burst: share(burst) }) };
}

interface Counting {
  readonly entriesMax: number;
  readonly shared: SharedPlace | null;
}

function built<State>(algorithm: Algorithm<State>, form: CellForm<State>, { entriesMax, shared }: Counting): Limiter {
  const alone = createLimiter(algorithm, entriesMax);
  return shared === null ? alone : createSharedLimiter(algorithm, shared, { form, alone });
}

const WINDOW: CellForm<WindowState> = {
  read: ({ a, b }) => ({ startMs: a, used: b }),
  write(state, cell) {
    cell.a = state.startMs;
    cell.b = state.used;
  },
};

const BUCKET: CellForm<BucketState> = {
  read: ({ a, b }) => ({ level: a, atMs: b }),
  write(state, cell) {
    cell.a = state.level;
    cell.b = state.atMs;
  },
};
