import { hash } from 'node:crypto';

import type { RedisCall, RedisCalls, RedisScript, RedisServer } from '@tidegate/policy-sdk';
import { Redis } from 'ioredis';

export interface PolicyRedis extends RedisCalls {
  /** Ends the connections; calls in flight fail. */
  close(): void;
}

/** Between attempts to connect again */
const RETRY_MS_MAX = 1000;

/**
 * One connection per server that policies name, made when the first of them asks. Those who ask while it is being made wait for it;
 * while it is lost they fail at once, for a request must not wait for a server that is not there.
 */
export function createRedisCalls(): PolicyRedis {
  const connections = new Map<string, Connection>();
  const connectionTo = (server: RedisServer): Connection => {
    const key = JSON.stringify(server);
    const known = connections.get(key);
    if (known !== undefined) return known;
    const connection = connect(server);
    connections.set(key, connection);
    return connection;
  };
  return {
    async run({ server, script, keys, args }: RedisCall) {
      const { redis, firstTry } = connectionTo(server);
      if (redis.status !== 'ready') await firstTry;
      if (redis.status !== 'ready') throw new Error('Redis is away');
      return runScript(redis, script, [...keys, ...args], keys.length);
    },
    close() {
      for (const { redis } of connections.values()) redis.disconnect();
      connections.clear();
    },
  };
}

interface Connection {
  readonly redis: Redis;
  /** Resolves when the first attempt to connect has ended, well or not */
  readonly firstTry: Promise<void>;
}

function connect({ host, port, username, password, db, connectMs, readMs }: RedisServer): Connection {
  const redis = new Redis({
    host,
    port,
    db,
    ...(username !== '' && { username }),
    ...(password !== '' && { password }),
    lazyConnect: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: connectMs,
    commandTimeout: readMs,
    retryStrategy: (attempt) => Math.min(50 * 2 ** attempt, RETRY_MS_MAX),
  });
  // Told by the calls that fail; without a listener it would be thrown.
  redis.on('error', () => undefined);
  return { redis, firstTry: redis.connect().catch(() => undefined) };
}

async function runScript(redis: Redis, { source }: RedisScript, words: (string | number)[], keyCount: number): Promise<unknown> {
  try {
    return await redis.evalsha(digestOf(source), keyCount, ...words);
  } catch (error) {
    // It has forgotten its scripts, or never heard of this one.
    if (error instanceof Error && error.message.startsWith('NOSCRIPT')) return redis.eval(source, keyCount, ...words);
    throw error;
  }
}

const digests = new Map<string, string>();

function digestOf(source: string): string {
  const known = digests.get(source);
  if (known !== undefined) return known;
  const digest = hash('sha1', source);
  digests.set(source, digest);
  return digest;
}
