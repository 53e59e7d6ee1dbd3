import { randomUUID } from 'node:crypto';

import { CHANGES_STREAM, encodeDoorbell } from '@tidegate/gateway-events';
import { createLogger } from '@tidegate/process';
import { freePort, freshRedis, type FreshRedis, waitFor } from '@tidegate/testkit';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';

import { type Doorbell, startDoorbell } from './doorbell.ts';

let redis: FreshRedis;
let doorbells: Doorbell[] = [];
const logger = createLogger({ name: 't', level: 'error', format: 'json' });

beforeAll(async () => {
  redis = await freshRedis();
});
afterEach(async () => {
  await Promise.all(doorbells.map((each) => each.stop()));
  doorbells = [];
});
afterAll(() => redis.close());

function listen(consumer: string = randomUUID(), url: string = redis.url): string[] {
  const heard: string[] = [];
  doorbells.push(startDoorbell({ url, consumer, logger, onRing: (apiId) => void heard.push(apiId) }));
  return heard;
}

async function ring(apiId: string = randomUUID()): Promise<string> {
  await redis.command('XADD', CHANGES_STREAM, '*', ...encodeDoorbell({ apiId, generation: 1 }));
  return apiId;
}

/** Rings until somebody listens: joining takes a moment, and what was rung before is the sweep's. */
async function ringUntilHeard(heard: readonly string[]): Promise<void> {
  await waitFor(
    async () => {
      const apiId = await ring();
      await waitFor(() => heard.includes(apiId), { timeoutMs: 200, what: 'the ring' });
      return true;
    },
    { timeoutMs: 20_000, what: 'a ring to be heard' },
  );
}

test('hears who changed and acknowledges it; what is no doorbell is skipped', async () => {
  const heard = listen();
  await ringUntilHeard(heard);
  await redis.command('XADD', CHANGES_STREAM, '*', 'colour', 'red');
  const apiId = await ring();
  await ring(apiId);
  await waitFor(() => heard.filter((each) => each === apiId).length === 2, { what: 'both rings' });
  await waitFor(async () => (await redis.command('XPENDING', CHANGES_STREAM, 'apim-sync')).startsWith('*4\r\n:0\r\n'), {
    what: 'nothing pending',
  });
});

test('two workers share the rings', async () => {
  const [one, two] = [listen(), listen()];
  await ringUntilHeard(one);
  await ringUntilHeard(two);
  const rung = await Promise.all(Array.from({ length: 20 }, () => ring()));
  await waitFor(() => rung.every((apiId) => one.includes(apiId) || two.includes(apiId)), { what: 'all rings' });
  expect(rung.filter((apiId) => one.includes(apiId) && two.includes(apiId))).toEqual([]);
});

test('what a dead worker had read is heard by the next one', async () => {
  await redis.command('FLUSHALL');
  await redis.command('XGROUP', 'CREATE', CHANGES_STREAM, 'apim-sync', '0', 'MKSTREAM');
  const apiId = await ring();
  await redis.command('XREADGROUP', 'GROUP', 'apim-sync', 'dead', 'STREAMS', CHANGES_STREAM, '>');
  const id = /\$\d+\r\n(\d+-\d+)\r\n/.exec(await redis.command('XRANGE', CHANGES_STREAM, '-', '+'))?.[1] ?? '';
  await redis.command('XCLAIM', CHANGES_STREAM, 'apim-sync', 'dead', '0', id, 'IDLE', '60000');
  const heard = listen();
  await waitFor(() => heard.includes(apiId), { what: 'the abandoned ring' });
});

test('goes on after Redis was flushed, and after it was killed and came back empty', async () => {
  const heard = listen();
  await ringUntilHeard(heard);
  await redis.command('FLUSHALL');
  await ringUntilHeard(heard);
  await redis.kill();
  await redis.start();
  await ringUntilHeard(heard);
});

test('an absent Redis is waited for without complaint', async () => {
  listen('nobody', `redis://127.0.0.1:${await freePort()}`);
  const heard = listen();
  await ringUntilHeard(heard);
});
