import { ApiKey, contentHash, EntryKind } from '@tidegate/gateway-ir';
import { expect, test } from 'vitest';

import { entryKey, type Held, type HeldEntry } from '../discovery/held.ts';
import { createKeyStore } from './key-store.ts';

function keyEntry(id: string, secret: string, more: Partial<ApiKey> = {}): HeldEntry {
  const digest = { value: contentHash(Buffer.from(secret)) };
  const content = Buffer.from(ApiKey.encode(ApiKey.fromPartial({ id, apiId: 'api', name: id, digest, ...more })).finish());
  return { kind: EntryKind.API_KEY, id, content, hash: contentHash(content) };
}

function holding(...entries: HeldEntry[]): Held {
  const map = new Map(entries.map((entry) => [entryKey(entry.kind, entry.id), entry]));
  return { gatewayId: 'gw', epoch: 1, version: 1, compilerBuild: '', tableHash: Buffer.alloc(32), entries: map };
}

test('a key is found for its API alone, first and every later time', () => {
  const store = createKeyStore(() => 0);
  store.replace(holding(keyEntry('k1', 'apip_1')), []);
  for (let round = 0; round < 3; round++) {
    expect(store.find('api', 'apip_1')).toMatchObject({ id: 'k1', name: 'k1' });
    expect(store.find('other', 'apip_1')).toBeNull();
    expect(store.find('api', 'apip_2')).toBeNull();
  }
});

test('the same key may belong to several APIs', () => {
  const store = createKeyStore(() => 0);
  store.replace(holding(keyEntry('k1', 's'), keyEntry('k2', 's', { apiId: 'other' })), []);
  expect(store.find('api', 's')?.id).toBe('k1');
  expect(store.find('other', 's')?.id).toBe('k2');
});

test('expiry is exact, also for a key that was just found', () => {
  let nowMs = 999;
  const store = createKeyStore(() => nowMs);
  store.replace(holding(keyEntry('k1', 's', { expiresAtMs: 1000 })), []);
  expect(store.find('api', 's')).not.toBeNull();
  nowMs = 1000;
  expect(store.find('api', 's')).toBeNull();
});

test('a removed key is refused at once, also when it was just found', () => {
  const store = createKeyStore(() => 0);
  store.replace(holding(keyEntry('k1', 's')), []);
  expect(store.find('api', 's')).not.toBeNull();
  store.replace(holding(), ['k1']);
  expect(store.find('api', 's')).toBeNull();
});

test('a revoked id stays refused when it comes back', () => {
  const store = createKeyStore(() => 0);
  store.replace(holding(keyEntry('k1', 's'), keyEntry('k2', 't')), ['k1']);
  expect(store.find('api', 's')).toBeNull();
  expect(store.find('api', 't')).not.toBeNull();
  expect(store.size).toBe(1);
});

test('what is not a key is nobody’s key', () => {
  const store = createKeyStore(() => 0);
  const short = keyEntry('k1', 's', { digest: { value: Buffer.from('short') } });
  store.replace(holding(short, { ...keyEntry('k2', 's'), content: Buffer.from([0xff, 0xff]) }), []);
  expect(store.size).toBe(0);
});
