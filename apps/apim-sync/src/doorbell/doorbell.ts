import { setTimeout as sleep } from 'node:timers/promises';

import { CHANGES_LENGTH_MAX, CHANGES_STREAM, decodeDoorbell } from '@tidegate/gateway-events';
import type { Logger } from '@tidegate/process';
import { Redis, ReplyError } from 'ioredis';

export interface Doorbell {
  stop(): Promise<void>;
}

export interface DoorbellOptions {
  readonly url: string;
  /** Name in the consumer group, of this process */
  readonly consumer: string;
  readonly logger: Logger;
  readonly onRing: (apiId: string) => void;
}

const GROUP = 'apim-sync';
const BATCH = 100;
const BLOCK_MS = 5000;
/** No byte for so long on a connection that answers every BLOCK_MS: it is dead, whatever TCP thinks. */
const DEAD_MS = 15_000;
/** Read by a consumer that has not acknowledged: it died in between. Acknowledging takes milliseconds. */
const ABANDONED_MS = 30_000;
const TEND_MS = 30_000;
const FORGOTTEN_MS = 600_000;
const PAUSE_MS = 500;

/**
 * Listens at the change stream. What it hears is only ever "look": entries are acknowledged as soon as they are handed on, because
 * the controller knows what is due and the sweep finds what is lost. So Redis may be absent, killed, flushed or full of duplicates;
 * all of it costs latency, none of it an API.
 */
export function startDoorbell(options: DoorbellOptions): Doorbell {
  const redis = connect(options);
  const stopping = new AbortController();
  const running = listen(redis, options, stopping.signal).catch((error: unknown) =>
    options.logger.error({ err: error }, 'Doorbell: the listener failed'),
  );
  return {
    async stop() {
      stopping.abort();
      // The consumer's name stays behind; the others tidy it away.
      redis.disconnect();
      await running;
    },
  };
}

/** Commands fail at once without a connection; the connection itself comes back by itself. */
function connect({ url, logger }: DoorbellOptions): Redis {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2000,
    socketTimeout: DEAD_MS,
    retryStrategy: (attempt) => Math.min(100 * 2 ** Math.min(attempt, 10), 5000),
  });
  let isAway = false;
  redis.on('error', (error) => {
    if (!isAway) logger.warn({ err: error }, 'Doorbell: Redis is away, changes are found by the sweep');
    isAway = true;
  });
  redis.on('ready', () => {
    logger.info(isAway ? 'Doorbell: Redis is back' : 'Doorbell: listening');
    isAway = false;
  });
  redis.connect().catch(() => undefined); // the error listener has said it, and retries go on
  return redis;
}

async function listen(redis: Redis, options: DoorbellOptions, signal: AbortSignal): Promise<void> {
  let tendedAtMs = Number.NEGATIVE_INFINITY;
  let hasGroup = false;
  while (!signal.aborted) {
    try {
      if (redis.status !== 'ready') {
        hasGroup = false;
        await sleep(PAUSE_MS, undefined, { signal });
        continue;
      }
      if (!hasGroup) await joinGroup(redis);
      hasGroup = true;
      if (performance.now() - tendedAtMs > TEND_MS) {
        await tend(redis, options);
        tendedAtMs = performance.now();
      }
      await readOnce(redis, options);
    } catch (error) {
      if (signal.aborted) return;
      // Flushed or failed over: the group went with the stream (NOGROUP, UNBLOCKED). Anything else is said.
      hasGroup = false;
      const isFlushed = isRefusal(error, /NOGROUP|UNBLOCKED/);
      if (!isFlushed) options.logger.debug({ err: error }, 'Doorbell: reading failed');
      await sleep(isFlushed ? 0 : PAUSE_MS, undefined, { signal }).catch(() => undefined); // aborted: the loop ends
    }
  }
}

/** From now on: what was rung before is found by the sweep that follows every start. */
async function joinGroup(redis: Redis): Promise<void> {
  try {
    await redis.xgroup('CREATE', CHANGES_STREAM, GROUP, '$', 'MKSTREAM');
  } catch (error) {
    if (!isRefusal(error, /^BUSYGROUP/)) throw error;
  }
}

/** Redis itself said so, as opposed to a lost connection. */
function isRefusal(error: unknown, pattern: RegExp): boolean {
  return error instanceof ReplyError && error instanceof Error && pattern.test(error.message);
}

type Entry = readonly [id: string, fields: readonly string[] | null];

async function readOnce(redis: Redis, options: DoorbellOptions): Promise<void> {
  const answer = await redis.xreadgroup(
    'GROUP',
    GROUP,
    options.consumer,
    'COUNT',
    BATCH,
    'BLOCK',
    BLOCK_MS,
    'STREAMS',
    CHANGES_STREAM,
    '>',
  );
  for (const [, entries] of (answer ?? []) as readonly (readonly [string, readonly Entry[]])[])
    await handOn(redis, options, entries); // XREADGROUP's reply
}

async function handOn(redis: Redis, { onRing }: DoorbellOptions, entries: readonly Entry[]): Promise<void> {
  if (entries.length === 0) return;
  for (const [, fields] of entries) {
    const doorbell = fields === null ? null : decodeDoorbell(fields);
    if (doorbell !== null) onRing(doorbell.apiId);
  }
  await redis.xack(CHANGES_STREAM, GROUP, ...entries.map(([id]) => id));
}

/** Entries that a dead worker read, consumers that nobody is any more, and the length of the stream. */
async function tend(redis: Redis, options: DoorbellOptions): Promise<void> {
  let cursor = '0-0';
  do {
    const [next, entries] = (await redis.xautoclaim(
      CHANGES_STREAM,
      GROUP,
      options.consumer,
      ABANDONED_MS,
      cursor,
      'COUNT',
      BATCH,
    )) as [string, readonly Entry[]]; // XAUTOCLAIM's reply
    await handOn(redis, options, entries);
    cursor = next;
  } while (cursor !== '0-0');
  for (const { name, pending, idle } of consumersOf(await redis.xinfo('CONSUMERS', CHANGES_STREAM, GROUP))) {
    if (name !== options.consumer && pending === 0 && idle > FORGOTTEN_MS)
      await redis.xgroup('DELCONSUMER', CHANGES_STREAM, GROUP, name);
  }
  await redis.xtrim(CHANGES_STREAM, 'MAXLEN', '~', CHANGES_LENGTH_MAX);
}

/** XINFO's reply: one flat list of names and values per consumer. */
function consumersOf(reply: unknown): { name: string; pending: number; idle: number }[] {
  if (!Array.isArray(reply)) return [];
  return reply.filter(Array.isArray).map((flat: unknown[]) => {
    const value = (key: string): unknown => flat[flat.indexOf(key) + 1];
    return { name: String(value('name')), pending: Number(value('pending')), idle: Number(value('idle')) };
  });
}
