import { createHash, generateKeyPairSync, sign } from 'node:crypto';

import fc from 'fast-check';
import { expect, it } from 'vitest';

import { compareVersions, judgeBundle, runtimeKey, type SignedBundle } from './runtime-bundle.ts';

const pair = generateKeyPairSync('ed25519');
const bundle = Buffer.from('console.log(1)');

function signed(manifest: object | string, key = pair.privateKey): SignedBundle {
  const bytes = Buffer.from(typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
  return { manifest: bytes, signature: sign(null, bytes, key), bundle };
}

const sound = {
  kind: 'tidegate-router-runtime',
  version: '1.2.3',
  sha256: createHash('sha256').update(bundle).digest('hex'),
  bytes: bundle.length,
};

it('takes what was signed', () => {
  expect(judgeBundle(signed(sound), pair.publicKey)).toEqual({ ok: true, manifest: sound });
});

it('refuses a flip of any bit, wherever it is', () => {
  const good = signed(sound);
  fc.assert(
    fc.property(fc.constantFrom('manifest', 'signature', 'bundle'), fc.nat(), fc.integer({ min: 0, max: 7 }), (part, at, bit) => {
      const bytes = Buffer.from(good[part]);
      const index = at % bytes.length;
      bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
      return !judgeBundle({ ...good, [part]: bytes }, pair.publicKey).ok;
    }),
  );
});

it('refuses another signer, no signature, and a cut bundle', () => {
  const other = generateKeyPairSync('ed25519');
  expect(judgeBundle(signed(sound, other.privateKey), pair.publicKey)).toMatchObject({ ok: false, code: 'wrong_signature' });
  expect(judgeBundle({ ...signed(sound), signature: Buffer.alloc(0) }, pair.publicKey).ok).toBe(false);
  expect(judgeBundle({ ...signed(sound), bundle: bundle.subarray(1) }, pair.publicKey)).toMatchObject({ code: 'wrong_content' });
});

it.each([
  ['another kind', { ...sound, kind: 'something' }],
  ['a version that is a path', { ...sound, version: '../../x' }],
  ['no hash', { ...sound, sha256: undefined }],
  ['too large', { ...sound, bytes: 17 * 1024 * 1024 }],
  ['no JSON', 'not json'],
  ['null', 'null'],
])('refuses a manifest with %s, though it is signed', (_, manifest) => {
  expect(judgeBundle(signed(manifest), pair.publicKey)).toMatchObject({ ok: false, code: 'malformed_manifest' });
});

it('reads keys as PEM and as one line, and no other kind of key', () => {
  const pem = pair.publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const line = pair.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  for (const text of [pem, line]) expect(judgeBundle(signed(sound), runtimeKey(text)).ok).toBe(true);
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({ format: 'pem', type: 'spki' }).toString();
  for (const text of ['', 'AAAA', rsa]) expect(() => runtimeKey(text)).toThrow();
});

it('compares versions by number', () => {
  expect(compareVersions('1.10.0', '1.9.9')).toBe(1);
  expect(compareVersions('1.9.9', '1.10.0')).toBe(-1);
  expect(compareVersions('2.0.0', '2.0.0')).toBe(0);
  expect(compareVersions('0.0.1', 'unknown')).toBe(1);
});
