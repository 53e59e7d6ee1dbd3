import { EntryKind, TrustedCertificate } from '@tidegate/gateway-ir';
import { expect, test } from 'vitest';

import { sampleEntry, sampleHeld, sampleKey } from '../testing/sample-held.ts';
import { createTrustStore } from './trust-store.ts';

function certificate(id: string, pem: string) {
  const content = TrustedCertificate.encode(TrustedCertificate.fromPartial({ id, name: id, pem })).finish();
  return sampleEntry(EntryKind.CERTIFICATE, id, Buffer.from(content));
}

test('tells its listeners when trust changed, and only then', () => {
  const store = createTrustStore();
  const seen: (readonly string[])[] = [];
  store.onChange(() => seen.push(store.pems));
  store.replace(sampleHeld([sampleKey('k', 's')]));
  store.replace(sampleHeld([certificate('b', 'B'), certificate('a', 'A')]));
  store.replace(sampleHeld([certificate('a', 'A'), certificate('b', 'B'), sampleKey('k', 's')]));
  store.replace(sampleHeld([certificate('a', 'A2'), certificate('b', 'B')]));
  store.replace(sampleHeld([]));
  expect(seen).toEqual([['A', 'B'], ['A2', 'B'], []]);
});

test('what cannot be read adds no trust', () => {
  const store = createTrustStore();
  store.replace(sampleHeld([sampleEntry(EntryKind.CERTIFICATE, 'a', Buffer.from([0xff, 0xff])), certificate('b', 'B')]));
  expect(store.pems).toEqual(['B']);
});
