import { BUNDLE_BYTES_MAX } from '@tidegate/gateway-ir';
import { expect, it } from 'vitest';

import { createBundleReceiver } from './receive-bundle.ts';

const part = (offset: number, text: string, commandId = 'a') => ({ commandId, offset, data: Buffer.from(text) });

it('puts parts together, and begins anew when they come again', async () => {
  const receiver = createBundleReceiver();
  const whole = receiver.receive('a', 6);
  receiver.take(part(0, 'abc'));
  receiver.take(part(0, 'zzz', 'other'));
  expect(receiver.restart('other')).toBe(false);
  expect(receiver.restart('a')).toBe(true);
  receiver.take(part(0, 'abcd'));
  receiver.take(part(4, 'ef'));
  expect((await whole).toString()).toBe('abcdef');
  expect(receiver.restart('a')).toBe(false);
});

it('refuses a gap, too many bytes, an empty or a huge bundle, and one whose place another takes', async () => {
  const receiver = createBundleReceiver();
  const gap = receiver.receive('a', 6);
  receiver.take(part(1, 'bc'));
  await expect(gap).rejects.toThrow('missing');
  const many = receiver.receive('a', 2);
  receiver.take(part(0, 'abc'));
  await expect(many).rejects.toThrow('more bytes');
  for (const bytes of [0, BUNDLE_BYTES_MAX + 1]) await expect(receiver.receive('a', bytes)).rejects.toThrow('bytes');
  const first = receiver.receive('a', 1);
  const second = receiver.receive('b', 1);
  await expect(first).rejects.toThrow('Another bundle');
  receiver.take(part(0, 'x', 'b'));
  expect((await second).toString()).toBe('x');
});
