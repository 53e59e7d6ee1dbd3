import { policyRuntimes } from '@tidegate/policies/runtimes';
import { freshRedis, type FreshRedis, waitFor } from '@tidegate/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { sampleApi, trafficKit } from '../testing/traffic-kit.ts';
import { createRedisCalls, type PolicyRedis } from './redis-calls.ts';

/** K3: limits of several routers that count in one Redis. */

let redis: FreshRedis;
const kit = trafficKit();
beforeAll(async () => {
  redis = await freshRedis();
});
afterEach(kit.close);
afterAll(() => redis.close());

interface Fleet {
  readonly policy: { readonly name: string; readonly params: object };
  readonly behind?: { readonly name: string; readonly params: object };
  readonly settings?: object;
  /** How wrong each router's clock is, ms */
  readonly skewsMs?: readonly number[];
}

/** One router per skew, each with a connection and a clock of its own, in front of one backend. */
async function fleet({ policy, behind, settings = {}, skewsMs = [0, 0, 0, 0] }: Fleet) {
  const backend = await kit.upstream();
  const uses = [policy, ...(behind === undefined ? [] : [behind])].map(({ name, params }, position) => ({
    name,
    position,
    paramsJson: JSON.stringify(params),
  }));
  const entries = [sampleApi(backend.port, { policies: uses })];
  const ratelimit = { backend: 'redis', redis: { host: '127.0.0.1', port: redis.port, read_timeout: '20s' }, ...settings };
  const said: string[] = [];
  const routers: Awaited<ReturnType<typeof kit.traffic>>[] = [];
  for (const skewMs of skewsMs) {
    const calls: PolicyRedis = createRedisCalls();
    kit.later(async () => calls.close());
    const policyHost = {
      settings: { ratelimit_v1: ratelimit },
      redis: calls,
      now: () => Date.now() + skewMs,
      log: (_level: string, _fields: object, message: string) => void said.push(message),
    };
    routers.push(await kit.traffic({ entries, runtimes: policyRuntimes, policyHost }));
  }
  const ask = async (at: number) => {
    const response = await fetch(`${routers[at % routers.length]?.url}/w/v1.0/items`);
    await response.arrayBuffer();
    return response;
  };
  const askMany = async (count: number) => {
    const statuses = await Promise.all(Array.from({ length: count }, async (_, at) => (await ask(at)).status));
    return statuses.filter((status) => status === 200).length;
  };
  return { ask, askMany, said };
}

/** So long that no window ends while a test runs: windows of `fixed-window` begin at multiples since 1970. */
const HOURS = 700 * 3600;

test('100 of 400 requests over four routers pass, exactly, with clocks that disagree by an hour', async () => {
  const skewsMs = [0, 3_600_000, -3_600_000, 1234];
  const { askMany } = await fleet({ policy: { name: 'rate-limit', params: { limit: 100, window: HOURS, key: 'api' } }, skewsMs });
  expect(await askMany(400)).toBe(100);
  expect(await askMany(40)).toBe(0);
});

test('the same with GCRA, whose burst is what passes at once', async () => {
  const { askMany } = await fleet({
    policy: { name: 'advanced-ratelimit', params: { quotas: [{ limits: [{ limit: 60, duration: '700h', burst: 30 }] }] } },
    settings: { algorithm: 'gcra' },
    skewsMs: [0, 3_600_000, -3_600_000, 1234],
  });
  expect(await askMany(200)).toBe(30);
});

test('what one limit refuses does not eat another, on any router', async () => {
  const limits = [
    { requests: 1000, duration: '700h' },
    { requests: 5, duration: '699h' },
  ];
  const { ask, askMany } = await fleet({ policy: { name: 'basic-ratelimit', params: { limits } } });
  expect(await askMany(50)).toBe(5);
  const refused = await ask(0);
  expect([refused.status, refused.headers.get('x-ratelimit-limit'), refused.headers.get('x-ratelimit-remaining')]).toEqual([
    429,
    '5',
    '0',
  ]);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  const keys = (await redis.command('KEYS', 'ratelimit:v1:*:0:0:*')).split('\r\n').filter((line) => line.startsWith('ratelimit'));
  const used = await Promise.all(keys.map((key) => redis.command('HGET', key, 'a')));
  expect(used).toContain('$1\r\n5\r\n');
});

test('what a limit of another policy refuses, on any router, is given back in Redis', async () => {
  const narrow = { name: 'basic-ratelimit', params: { limits: [{ requests: 5, duration: '700h' }] } };
  const { askMany } = await fleet({
    policy: { name: 'rate-limit', params: { limit: 20, window: HOURS, key: 'ip' } },
    behind: narrow,
  });
  expect(await askMany(60)).toBe(5);
  const keys = (await redis.command('KEYS', 'ratelimit:v1:*:127.0.0.1'))
    .split('\r\n')
    .filter((line) => line.startsWith('ratelimit'));
  const used = await Promise.all(keys.map((key) => redis.command('HGET', key, 'a')));
  expect(used).toEqual(['$1\r\n5\r\n']);
});

test('while Redis is away: "open" counts on each router alone, "closed" refuses; it is said once, and over when Redis is back', async () => {
  const policy = { name: 'rate-limit', params: { limit: 8, window: HOURS, key: 'api' } };
  const open = await fleet({ policy, settings: { memory: { expected_routers: 4 } } });
  const closed = await fleet({
    policy,
    settings: { redis: { host: '127.0.0.1', port: redis.port, failure_mode: 'closed', key_prefix: 'closed:' } },
  });
  expect([(await open.ask(0)).status, (await closed.ask(0)).status]).toEqual([200, 200]);
  await redis.kill();
  await waitFor(async () => (await closed.ask(0)).status === 429, { what: 'the closed one to refuse' });
  // Two on each of four routers: the documented share of eight.
  await waitFor(async () => (await open.askMany(40)) === 0, { what: 'every router to have given its share' });
  expect(open.said.filter((message) => message.includes('cannot'))).toHaveLength(4);
  await redis.start();
  await waitFor(async () => (await closed.ask(0)).status === 200, { timeoutMs: 20_000, what: 'Redis to be asked again' });
});

test('without Redis four routers let pass their shares and no more', async () => {
  const { askMany } = await fleet({
    policy: { name: 'rate-limit', params: { limit: 100, window: HOURS, key: 'api' } },
    settings: { backend: 'memory', memory: { expected_routers: 4 } },
  });
  expect(await askMany(400)).toBe(100);
});
