import { expect, it } from 'vitest';

import { freshRedis } from './fresh-redis.ts';

it('forgets everything when killed and comes back on the same port', async () => {
  const redis = await freshRedis();
  expect(await redis.command('SET', 'key', 'value')).toBe('+OK\r\n');
  expect(await redis.command('GET', 'key')).toBe('$5\r\nvalue\r\n');
  await redis.kill();
  await expect(redis.command('PING')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  await redis.start();
  expect(await redis.command('GET', 'key')).toBe('$-1\r\n');
  await redis.close();
});
