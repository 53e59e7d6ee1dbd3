import { createHash } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import { EntryKind } from './generated/tidegate/discovery/v1/discovery.ts';
import { contentHash, EMPTY_TABLE_HASH, tableHash } from './hash.ts';

const entry = (kind: EntryKind, id: string, content: string) => ({ kind, id, hash: contentHash(Buffer.from(content)) });

describe('tableHash', () => {
  it('of nothing is the SHA-256 of nothing', () => {
    expect(tableHash([])).toEqual(Buffer.from(EMPTY_TABLE_HASH));
    expect(tableHash([]).toString('hex')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  it('covers kind, id and content in the documented layout, in any order of arrival', () => {
    const routes = entry(EntryKind.ROUTES, 'b/env', 'routes');
    const key = entry(EntryKind.API_KEY, 'a', 'key');
    const expected = createHash('sha256')
      .update(Buffer.concat([Buffer.of(1), Buffer.from('b/env'), Buffer.of(0), routes.hash]))
      .update(Buffer.concat([Buffer.of(2), Buffer.from('a'), Buffer.of(0), key.hash]))
      .digest();
    expect(tableHash([routes, key])).toEqual(expected);
    expect(tableHash([key, routes])).toEqual(expected);
  });

  it('changes with every part of an entry', () => {
    const hashes = [
      entry(EntryKind.ROUTES, 'a', 'x'),
      entry(EntryKind.API_KEY, 'a', 'x'),
      entry(EntryKind.ROUTES, 'b', 'x'),
      entry(EntryKind.ROUTES, 'a', 'y'),
    ].map((one) => tableHash([one]).toString('hex'));
    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
