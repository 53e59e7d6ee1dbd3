import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { ConfigError, Secret } from '@tidegate/process';
import { afterAll, expect, test } from 'vitest';

import { KeyRing, versionOf } from './key-ring.ts';

const folder = mkdtempSync(join(tmpdir(), 'key-ring-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ring = (...keys: { version: string; file?: string; key?: string }[]) =>
  new KeyRing([
    { type: 'aesgcm', keys: keys.map(({ version, file = '', key = '' }) => ({ version, file, key: new Secret(key) })) },
  ]);

const bytes = Buffer.alloc(32, 7);
const file = (content: string | Buffer) => {
  const path = join(folder, `${Math.random()}`);
  writeFileSync(path, content);
  return path;
};

test('the first key seals and all open, however they are written', () => {
  const envelope = ring({ version: 'a', key: bytes.toString('hex') }).seal('geheim', 'about');
  expect(envelope).toMatch(/^enc:aesgcm:v1:a:[A-Za-z0-9+/]+=*$/);
  expect(versionOf(envelope)).toBe('a');
  const forms = [
    { key: bytes.toString('base64') },
    { file: file(bytes) },
    { file: file(`${bytes.toString('hex')}\n`) },
    { file: file(bytes.toString('base64')) },
  ];
  for (const form of forms) {
    const other = ring({ version: 'b', key: '22'.repeat(32) }, { version: 'a', ...form });
    expect([other.current, other.has('a'), other.open(envelope, 'about')]).toEqual(['b', true, 'geheim']);
    expect(versionOf(other.seal('x', 'about'))).toBe('b');
  }
});

test('what cannot be opened is nothing', () => {
  const one = ring({ version: 'a', key: '11'.repeat(32) });
  const envelope = one.seal('geheim', 'about');
  const damaged = `${envelope.slice(0, -4)}AAA=`;
  for (const [opened, about] of [
    [envelope, 'else'],
    [damaged, 'about'],
    ['geheim', 'about'],
    ['enc:aesgcm:v1:a:', 'about'],
    [envelope.replace(':a:', ':b:'), 'about'],
  ] as const)
    expect(one.open(opened, about)).toBeNull();
  expect(ring({ version: 'a', key: '22'.repeat(32) }).open(envelope, 'about')).toBeNull();
});

test('all that is wrong with the keys is said at once, and nothing of them', () => {
  const wrong = () =>
    ring(
      { version: 'a', key: 'too-short-geheim' },
      { version: 'b', file: join(folder, 'none') },
      { version: 'b', key: '11'.repeat(32) },
    );
  expect(wrong).toThrow(ConfigError);
  try {
    wrong();
  } catch (error) {
    const { problems } = error as ConfigError;
    expect(problems).toHaveLength(3);
    expect(problems.join()).not.toContain('geheim');
  }
  expect(ring().current).toBeNull();
  expect(() => new KeyRing([]).seal('x', 'y')).toThrow('no encryption key');
});
