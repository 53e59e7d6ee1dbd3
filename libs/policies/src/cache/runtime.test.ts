import { setImmediate } from 'node:timers/promises';

import type { BuildContext, ForwardOutcome } from '@tidegate/policy-sdk';
import { describe, expect, it } from 'vitest';

import { sampleContext, sampleExchange } from '../sample-exchange.ts';
import { type Reaction, sampleForwarder } from '../sample-forwarder.ts';
import { cache } from './definition.ts';
import { cacheRuntime } from './runtime.ts';

const NOW_MS = Date.parse('Sat, 22 Nov 2025 00:00:10 GMT');

type Sent = NonNullable<Parameters<typeof sampleExchange>[0]>;

/** A cache, its clock, and one upstream whose reactions are given with each request. */
function cacheUnderTest(params: object = {}, context: Partial<BuildContext> = {}) {
  const clock = { nowMs: NOW_MS };
  const build = (more: Partial<BuildContext> = {}) =>
    cacheRuntime.build(cache.params.parse(params), sampleContext({ now: () => clock.nowMs, ...context, ...more }));
  const policy = build();
  const ask = async (sent: Sent, reactions: readonly Reaction[], through = policy) => {
    const exchange = sampleExchange(sent);
    const forwarder = sampleForwarder(reactions);
    const outcome = await through.forward?.(exchange, forwarder);
    // The body passes by and is stored, then whatever goes on beside the request.
    for (let turn = 0; turn < 4; turn++) await setImmediate();
    return { ...summary(outcome), asked: forwarder.tries.length, up: exchange.upstreamHeaders, note: exchange.answerHeaders };
  };
  return { ask, build, clock };
}

function summary(outcome: ForwardOutcome | undefined) {
  if (outcome?.is === 'own') {
    const { status, headers, body } = outcome.response;
    return { status, body: Buffer.from(body).toString(), headers: Object.fromEntries(headers) };
  }
  if (outcome?.is === 'answered') return { status: outcome.answer.status, headers: Object.fromEntries(outcome.answer.headers()) };
  return { status: outcome?.is === 'failed' ? outcome.failure : outcome?.is };
}

const reply = (cacheControl: string, more: Record<string, string> = {}, body = 'one'): Reaction => ({
  status: 200,
  headers: { ...(cacheControl !== '' && { 'cache-control': cacheControl }), ...more },
  body,
});
const OTHER: Reaction = { status: 200, headers: { 'cache-control': 'max-age=60' }, body: 'other' };
const DATE = { date: 'Sat, 22 Nov 2025 00:00:10 GMT' };

describe('what is stored', () => {
  it('is given again, with its age, until it is stale', async () => {
    const { ask, clock } = cacheUnderTest();
    const first = await ask({}, [reply('max-age=60', { 'x-a': '1', ...DATE })]);
    expect([first.status, first.asked, first.note.get('cache-status')]).toEqual([200, 1, 'tidegate; fwd=miss; stored']);
    clock.nowMs += 59_000;
    const hit = await ask({}, [OTHER]);
    expect(hit).toMatchObject({ status: 200, body: 'one', asked: 0, headers: { 'x-a': '1', age: '59' } });
    expect(hit.note.get('cache-status')).toBe('tidegate; hit');
    clock.nowMs += 1000;
    expect((await ask({}, [OTHER])).asked).toBe(1);
  });

  it.each([
    ['max-age=60', {}, 1],
    ['MAX-AGE=60, Public', {}, 1],
    ['max-age="60"', {}, 1],
    ['s-maxage=60', {}, 1],
    ['s-maxage=60, max-age=0', {}, 1],
    ['', { expires: 'Sat, 22 Nov 2025 00:01:10 GMT', ...DATE }, 1],
    ['max-age=60', { age: '30' }, 1],
    ['max-age=60, max-age=0', {}, 1],
    // As RFC 9111 forbids, or of no use
    ['', {}, 0],
    ['no-store, max-age=60', {}, 0],
    ['private, max-age=60', {}, 0],
    ['private="x-a", max-age=60', {}, 0],
    ['no-cache, max-age=60', {}, 0],
    ['max-age=0', {}, 0],
    ['max-age=-1', {}, 0],
    ['max-age=never', {}, 0],
    ['s-maxage=0, max-age=60', {}, 0],
    ['', { expires: '0' }, 0],
    ['', { expires: '-1' }, 0],
    ['', { expires: 'Sat, 22 Nov 2025 00:00:00 GMT', ...DATE }, 0],
    ['max-age=60', { age: '60' }, 0],
    ['max-age=60', { date: 'Fri, 21 Nov 2025 23:59:00 GMT' }, 0],
    ['max-age=60', { 'set-cookie': 'a=1' }, 0],
    ['max-age=60', { vary: '*' }, 0],
    ['max-age=60', { vary: 'accept, x-forwarded-for' }, 0],
    ['max-age=60', { 'content-range': 'bytes 0-1/2' }, 0],
    ['max-age=60', { 'content-length': '2000000' }, 0],
  ] as [string, Record<string, string>, 0 | 1][])('%s %j: %i', async (cacheControl, headers, stored) => {
    const { ask } = cacheUnderTest();
    await ask({}, [reply(cacheControl, headers)]);
    expect((await ask({}, [OTHER])).asked).toBe(1 - stored);
  });

  it.each([
    [301, 1],
    [404, 1],
    [500, 0],
    [302, 0],
    [206, 0],
    [304, 0],
  ])('by default for a while, with status %i: %i', async (status, stored) => {
    const { ask } = cacheUnderTest({ defaultTtlSeconds: 10 });
    await ask({}, [{ status, body: 'x' }]);
    expect((await ask({}, [OTHER])).asked).toBe(1 - stored);
  });

  it('but not for requests that may be personal', async () => {
    for (const headers of [{ cookie: 'a=1' }, { authorization: 'Basic x' }] as Record<string, string>[]) {
      const { ask } = cacheUnderTest({ defaultTtlSeconds: 10 });
      await ask({ headers }, [{ status: 200, body: 'mine' }]);
      expect((await ask({}, [OTHER])).asked).toBe(1);
    }
  });

  it.each([
    ['max-age=60', 0],
    ['public, max-age=60', 1],
    ['s-maxage=60', 1],
    ['must-revalidate, max-age=60', 1],
  ])('of a request with Authorization: %s %i', async (cacheControl, stored) => {
    const { ask } = cacheUnderTest();
    await ask({ headers: { authorization: 'Bearer x' } }, [reply(cacheControl)]);
    expect((await ask({}, [OTHER])).asked).toBe(1 - stored);
  });

  it('is larger than allowed: passed on', async () => {
    const { ask } = cacheUnderTest({ entryBytesMax: 5 });
    await ask({}, [reply('max-age=60', {}, '123456')]);
    expect((await ask({}, [OTHER])).asked).toBe(1);
    await ask({}, [reply('max-age=60', {}, '12345')]);
    expect((await ask({}, [OTHER])).asked).toBe(0);
  });

  it('belongs to its consumer, unless they share', async () => {
    const auth = (subject: string) => ({ type: 'apikey', subject, properties: {}, previous: null });
    for (const [consumers, asked] of [
      ['separate', 1],
      ['shared', 0],
    ] as const) {
      const { ask } = cacheUnderTest({ consumers });
      await ask({ auth: auth('ann') }, [reply('max-age=60')]);
      expect((await ask({ auth: auth('ann') }, [OTHER])).asked).toBe(0);
      expect((await ask({ auth: auth('bob') }, [OTHER])).asked).toBe(asked);
      expect((await ask({}, [OTHER])).asked).toBe(asked);
    }
  });

  it('is forgotten when the upstreams change, and kept over other edits', async () => {
    const kept: object[] = [];
    let at = 0;
    const shared = new Map<string, object>();
    const { ask, build } = cacheUnderTest(
      {},
      {
        state: <T extends object>(create: () => T) => (kept[at] ??= create()) as T,
        shared: <T extends object>(name: string, create: () => T) => {
          const thing = shared.get(name) ?? create();
          shared.set(name, thing);
          return thing as T;
        },
      },
    );
    at = 0;
    await ask({}, [reply('max-age=60')]);
    expect((await ask({}, [OTHER], build())).asked).toBe(0);
    expect((await ask({}, [OTHER], build({ upstreamsKey: 'u-2' }))).asked).toBe(1);
  });
});

describe('what selects', () => {
  it('is the address and every header that Vary names', async () => {
    const { ask } = cacheUnderTest();
    const en = { headers: { 'accept-language': 'en' } };
    const de = { headers: { 'accept-language': 'de' } };
    await ask(en, [reply('max-age=60', { vary: 'Accept-Language' }, 'hello')]);
    expect((await ask(de, [reply('max-age=60', { vary: 'Accept-Language' }, 'hallo')])).asked).toBe(1);
    expect((await ask(en, [OTHER])).body).toBe('hello');
    expect((await ask(de, [OTHER])).body).toBe('hallo');
    expect((await ask({}, [OTHER])).asked).toBe(1);
  });

  it.each([
    [{ path: '/b' }],
    [{ rawQuery: '?a=1' }],
    [{ host: 'other.example.com' }],
    [{ scheme: 'https' as const }],
    [{ headers: { 'x-tenant': 'b' } }],
  ])('%j is something else', async (sent) => {
    const { ask } = cacheUnderTest({ varyHeaders: ['X-Tenant'] });
    await ask({}, [reply('max-age=60')]);
    expect((await ask(sent, [OTHER])).asked).toBe(1);
    expect((await ask({}, [OTHER])).asked).toBe(0);
  });

  it('HEAD is answered from what GET brought, and stores nothing', async () => {
    const { ask } = cacheUnderTest();
    await ask({ method: 'HEAD' }, [reply('max-age=60')]);
    expect((await ask({}, [reply('max-age=60')])).asked).toBe(1);
    expect(await ask({ method: 'HEAD' }, [OTHER])).toMatchObject({ asked: 0, status: 200 });
  });

  it.each([{ upgrade: 'websocket' }, { 'if-match': '"a"' }, { 'if-unmodified-since': 'Sat, 22 Nov 2025 00:00:10 GMT' }])(
    '%j passes by',
    async (headers) => {
      const { ask } = cacheUnderTest();
      await ask({}, [reply('max-age=60')]);
      expect((await ask({ headers }, [OTHER])).asked).toBe(1);
    },
  );
});

describe('validation', () => {
  const tagged = (more: Record<string, string> = {}) => reply('max-age=10', { etag: '"v1"', ...more });
  const confirmed: Reaction = { status: 304, headers: { etag: '"v1"', 'cache-control': 'max-age=10', 'x-new': '1' } };

  it('asks whether what is stale still holds, and gives it as new', async () => {
    const { ask, clock } = cacheUnderTest();
    await ask({}, [tagged({ 'last-modified': 'Fri, 21 Nov 2025 00:00:00 GMT' })]);
    clock.nowMs += 20_000;
    const validated = await ask({ headers: { 'if-none-match': '"mine"' } }, [confirmed]);
    expect(validated).toMatchObject({ status: 200, body: 'one', asked: 1, headers: { age: '0', 'x-new': '1' } });
    expect([validated.up.get('if-none-match'), validated.up.get('if-modified-since')]).toEqual([
      '"v1"',
      'Fri, 21 Nov 2025 00:00:00 GMT',
    ]);
    clock.nowMs += 9000;
    expect((await ask({}, [OTHER])).asked).toBe(0);
  });

  it('takes what is new in its place', async () => {
    const { ask, clock } = cacheUnderTest();
    await ask({}, [tagged()]);
    clock.nowMs += 20_000;
    expect((await ask({}, [OTHER])).status).toBe(200);
    expect((await ask({}, [tagged()])).body).toBe('other');
  });

  it.each(['no-cache', ''])('what says %j is asked about every time', async (cacheControl) => {
    const { ask } = cacheUnderTest({ staleWhileRevalidateSeconds: 30 });
    await ask({}, [reply(cacheControl, { etag: '"v1"' })]);
    expect(await ask({}, [{ status: 304, headers: { etag: '"v1"' } }])).toMatchObject({ asked: 1, body: 'one' });
  });

  it('a 304 that speaks of something else is not believed', async () => {
    const { ask, clock } = cacheUnderTest();
    await ask({}, [tagged()]);
    clock.nowMs += 20_000;
    const again = await ask({}, [{ status: 304, headers: { etag: '"v9"' } }, OTHER]);
    expect([again.status, again.asked]).toEqual([200, 2]);
    expect((await ask({}, [tagged()])).body).toBe('other');
  });

  it('a 304 that says no-store is given once and forgotten', async () => {
    const { ask, clock } = cacheUnderTest();
    await ask({}, [tagged()]);
    clock.nowMs += 20_000;
    const news: Reaction = { status: 304, headers: { etag: '"v1"', 'cache-control': 'no-store' } };
    expect((await ask({}, [news])).body).toBe('one');
    expect((await ask({}, [OTHER])).asked).toBe(1);
  });

  it.each([
    [{ 'if-none-match': '"v1"' }, 304],
    [{ 'if-none-match': 'W/"v1"' }, 304],
    [{ 'if-none-match': '"a", "v1"' }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"v2"' }, 200],
    [{ 'if-none-match': '"v2"', 'if-modified-since': 'Sat, 22 Nov 2025 00:00:00 GMT' }, 200],
    [{ 'if-modified-since': 'Fri, 21 Nov 2025 00:00:00 GMT' }, 304],
    [{ 'if-modified-since': 'Thu, 20 Nov 2025 00:00:00 GMT' }, 200],
    [{ 'if-modified-since': 'garbage' }, 200],
  ] as [Record<string, string>, number][])('a client that has it already: %j %i', async (headers, status) => {
    const { ask } = cacheUnderTest();
    await ask({}, [tagged({ 'last-modified': 'Fri, 21 Nov 2025 00:00:00 GMT', 'content-type': 'text/plain' })]);
    const known = await ask({ headers }, [OTHER]);
    expect([known.asked, known.status, known.body]).toEqual([0, status, status === 304 ? '' : 'one']);
    if (status === 304) expect(known.headers).not.toHaveProperty('content-type');
  });
});

describe('stale answers', () => {
  it('are given while they are asked for anew, once', async () => {
    const { ask, clock } = cacheUnderTest({ staleWhileRevalidateSeconds: 30 });
    await ask({}, [reply('max-age=10')]);
    clock.nowMs += 20_000;
    const stale = await ask({}, [OTHER]);
    expect([stale.body, stale.asked, stale.note.get('cache-status')]).toEqual(['one', 1, 'tidegate; hit; detail=stale']);
    expect(await ask({}, [reply('max-age=10')])).toMatchObject({ body: 'other', asked: 0 });
  });

  it.each([
    ['max-age=10', 40_000],
    ['max-age=10, must-revalidate', 11_000],
    ['max-age=10, proxy-revalidate', 11_000],
    ['s-maxage=10', 11_000],
    ['max-age=10, stale-while-revalidate=5', 16_000],
  ])('are not after their time, nor what must be revalidated: %s', async (cacheControl, lateMs) => {
    const { ask, clock } = cacheUnderTest({ staleWhileRevalidateSeconds: 30 });
    await ask({}, [reply(cacheControl)]);
    clock.nowMs += lateMs;
    expect((await ask({}, [OTHER])).body).toBeUndefined();
  });

  it.each([{ fails: 'unreachable' }, { fails: 'timeout' }, { status: 503 }, { status: 500 }] as Reaction[])(
    'cover an upstream that fails: %j',
    async (failure) => {
      const { ask, clock } = cacheUnderTest({ staleIfErrorSeconds: 30 });
      await ask({}, [reply('max-age=10')]);
      clock.nowMs += 39_999;
      expect(await ask({}, [failure])).toMatchObject({ status: 200, body: 'one', headers: { age: '39' } });
      clock.nowMs += 1;
      expect((await ask({}, [failure])).status).not.toBe(200);
    },
  );

  it('never cover what must be revalidated', async () => {
    const { ask, clock } = cacheUnderTest({ staleIfErrorSeconds: 30 });
    await ask({}, [reply('max-age=10, must-revalidate')]);
    clock.nowMs += 11_000;
    expect((await ask({}, [{ fails: 'unreachable' }])).status).toBe('unreachable');
  });

  it('nobody knows how old an answer is after the clock stepped back: it is asked for', async () => {
    const { ask, clock } = cacheUnderTest({ staleIfErrorSeconds: 30, staleWhileRevalidateSeconds: 30 });
    await ask({}, [reply('max-age=10')]);
    clock.nowMs -= 3_600_000;
    expect((await ask({}, [OTHER])).asked).toBe(1);
  });
});

describe('what clients ask for', () => {
  it.each([
    ['no-cache', 5000, 1],
    ['max-age=4', 5000, 1],
    ['max-age=5', 5000, 0],
    ['min-fresh=5', 5000, 0],
    ['min-fresh=6', 5000, 1],
    ['max-stale', 60_000, 0],
    ['max-stale=5', 14_000, 0],
    ['max-stale=5', 16_000, 1],
    ['nonsense=", ,,=', 5000, 0],
  ])('%s after %i ms: asked %i', async (cacheControl, lateMs, asked) => {
    const { ask, clock } = cacheUnderTest();
    await ask({}, [reply('max-age=10')]);
    clock.nowMs += lateMs;
    expect((await ask({ headers: { 'cache-control': cacheControl } }, [OTHER])).asked).toBe(asked);
    const deaf = cacheUnderTest({ clientDirectives: false });
    await deaf.ask({}, [reply('max-age=10')]);
    expect((await deaf.ask({ headers: { 'cache-control': cacheControl } }, [OTHER])).asked).toBe(0);
  });

  it('only-if-cached is 504 when it is not; no-store leaves nothing', async () => {
    const { ask } = cacheUnderTest();
    expect(await ask({ headers: { 'cache-control': 'only-if-cached' } }, [OTHER])).toMatchObject({ status: 504, asked: 0 });
    await ask({ headers: { 'cache-control': 'no-store' } }, [OTHER]);
    expect((await ask({}, [OTHER])).asked).toBe(1);
    expect((await ask({ headers: { 'cache-control': 'only-if-cached' } }, [OTHER])).status).toBe(200);
  });
});

describe('writes', () => {
  it.each([
    ['PUT', 200, true],
    ['DELETE', 204, true],
    ['POST', 303, true],
    ['PATCH', 200, true],
    ['PUT', 400, false],
    ['PUT', 503, false],
    ['OPTIONS', 200, false],
  ])('%s answered %i forgets what is stored of its target: %s', async (method, status, forgotten) => {
    const { ask } = cacheUnderTest();
    await ask({}, [reply('max-age=60')]);
    await ask({ method }, [{ status }]);
    expect((await ask({}, [OTHER])).asked).toBe(forgotten ? 1 : 0);
  });

  it('forget what their answers name, of this API alone', async () => {
    const { ask } = cacheUnderTest();
    const paths = ['/ctx/a', '/ctx/b', '/else/c'].map((path) => ({ context: '/ctx', path }));
    for (const sent of paths) await ask(sent, [reply('max-age=60')]);
    const headers = { location: '/ctx/b', 'content-location': 'http://evil.example.com/ctx/a' };
    await ask({ method: 'POST', context: '/ctx', path: '/ctx/new' }, [{ status: 201, headers }]);
    const asked = [];
    for (const sent of paths) asked.push((await ask(sent, [OTHER])).asked);
    expect(asked).toEqual([0, 1, 0]);
  });

  it('keep an older answer that is still on its way from being stored', async () => {
    const { ask, build } = cacheUnderTest();
    const policy = build();
    const forwarder = sampleForwarder([reply('max-age=60')]);
    const reading = policy.forward?.(sampleExchange(), forwarder);
    await policy.forward?.(sampleExchange({ method: 'PUT' }), sampleForwarder([{ status: 200 }]));
    await reading;
    for (let turn = 0; turn < 4; turn++) await setImmediate();
    expect((await ask({}, [OTHER], policy)).asked).toBe(1);
  });
});

describe('requests for the same', () => {
  /** An upstream that answers when told to. */
  const slow = () => {
    const forwarder = sampleForwarder([reply('max-age=60')]);
    const { promise, resolve } = Promise.withResolvers<void>();
    return {
      release: resolve,
      forwarder: { ...forwarder, send: () => promise.then(() => forwarder.send()) },
      tries: forwarder.tries,
    };
  };

  it('wait for the first one’s answer', async () => {
    const { build } = cacheUnderTest();
    const policy = build();
    const upstream = slow();
    const asked = Array.from({ length: 10 }, async () => policy.forward?.(sampleExchange(), upstream.forwarder));
    upstream.release();
    const outcomes = await Promise.all(asked);
    expect(upstream.tries).toHaveLength(1);
    expect(outcomes.map((outcome) => outcome?.is)).toEqual(['answered', ...Array.from({ length: 9 }, () => 'own')]);
  });

  it('ask for themselves when that may not be shared, and do not wait the next time', async () => {
    const { build } = cacheUnderTest();
    const policy = build();
    const upstream = slow();
    const personal = sampleForwarder([reply('private')]);
    const first = policy.forward?.(sampleExchange(), {
      ...personal,
      send: () => upstream.forwarder.send().then(() => personal.send()),
    });
    const second = policy.forward?.(sampleExchange(), personal);
    upstream.release();
    expect([(await first)?.is, (await second)?.is]).toEqual(['answered', 'answered']);
    const hangs = policy.forward?.(sampleExchange(), { ...personal, send: () => new Promise(() => undefined) });
    expect((await policy.forward?.(sampleExchange(), personal))?.is).toBe('answered');
    void hangs;
  });

  it('ask for themselves when the first one fails or its client leaves', async () => {
    for (const reaction of [{ fails: 'broken' }, { is: 'client-gone' }] as Reaction[]) {
      const { build } = cacheUnderTest();
      const policy = build();
      const upstream = slow();
      const failing = sampleForwarder([reaction]);
      const first = policy.forward?.(sampleExchange(), {
        ...failing,
        send: () => upstream.forwarder.send().then(() => failing.send()),
      });
      const second = policy.forward?.(sampleExchange(), sampleForwarder([reply('max-age=60')]));
      upstream.release();
      await first;
      expect((await second)?.is).toBe('answered');
    }
  });
});

it('stays within its memory: what was used longest ago goes', async () => {
  const { ask } = cacheUnderTest({}, { settings: { memory: { max_bytes: 40_000 } } });
  const big = 'x'.repeat(10_000);
  for (const path of ['/1', '/2', '/3']) await ask({ path }, [reply('max-age=60', {}, big)]);
  expect((await ask({ path: '/1' }, [OTHER])).asked).toBe(0);
  await ask({ path: '/4' }, [reply('max-age=60', {}, big)]);
  expect((await ask({ path: '/1' }, [OTHER])).asked).toBe(0);
  expect((await ask({ path: '/2' }, [OTHER])).asked).toBe(1);
});

it.each([
  { defaultTtlSeconds: -1 },
  { entryBytesMax: 0 },
  { entryBytesMax: 67_108_865 },
  { consumers: 'all' },
  { varyHeaders: ['a b'] },
  { ttl: 1 },
])('refuses %j', (params) => {
  expect(cache.params.safeParse(params).success).toBe(false);
});
