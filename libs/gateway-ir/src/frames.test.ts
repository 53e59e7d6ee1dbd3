import { describe, expect, it } from 'vitest';

import { encodeFrames, type EntrySource, FRAME_BYTES_MAX } from './frames.ts';
import { ControllerMessage, type Entry, EntryKind } from './generated/tidegate/discovery/v1/discovery.ts';
import { contentHash } from './hash.ts';

const source = (id: string, bytes: number): EntrySource => {
  const content = Buffer.alloc(bytes, id);
  return { kind: EntryKind.ROUTES, id, removed: false, hash: contentHash(content), content };
};

function decode(frame: Uint8Array): Entry[] {
  const { message } = ControllerMessage.decode(frame);
  if (message?.$case !== 'entries') throw new Error('not an Entries frame');
  return message.value.entries;
}

describe('encodeFrames', () => {
  it('of nothing is nothing', () => {
    expect([...encodeFrames([])]).toEqual([]);
  });

  it('keeps order and puts small entries together', () => {
    const frames = [...encodeFrames([source('a', 10), source('b', 10), source('c', 10)])];
    expect(frames).toHaveLength(1);
    expect(decode(frames[0] as Uint8Array).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
  });

  it.each([0, 1, FRAME_BYTES_MAX - 4097, FRAME_BYTES_MAX - 4096, FRAME_BYTES_MAX - 4095, 3 * FRAME_BYTES_MAX])(
    'carries an entry of %i bytes in parts within the bound',
    (bytes) => {
      const sent = source('a', bytes);
      const frames = [...encodeFrames([source('before', 400_000), sent, source('after', 400_000)])];
      for (const frame of frames) expect(frame.length).toBeLessThan(1 << 20);
      const parts = frames.flatMap(decode).filter(({ id }) => id === 'a');
      expect(parts.map(({ part }) => part)).toEqual(parts.map((_, index) => index));
      expect(new Set(parts.map(({ parts: count }) => count))).toEqual(new Set([parts.length]));
      expect(contentHash(Buffer.concat(parts.map(({ content }) => content ?? Buffer.alloc(0))))).toEqual(sent.hash);
    },
  );

  it('tells a removal and a content the node already holds from an empty content', () => {
    const hash = contentHash(Buffer.alloc(0));
    const kept: EntrySource = { kind: EntryKind.ROUTES, id: 'kept', removed: false, hash, content: null };
    const empty: EntrySource = { ...kept, id: 'empty', content: Buffer.alloc(0) };
    const removed: EntrySource = { ...kept, id: 'removed', removed: true, hash: Buffer.alloc(0) };
    const [frame] = encodeFrames([kept, empty, removed]);
    const [first, second, third] = decode(frame as Uint8Array);
    expect(first?.content).toBeUndefined();
    expect(second?.content).toEqual(Buffer.alloc(0));
    expect(third).toMatchObject({ id: 'removed', removed: true });
  });
});
