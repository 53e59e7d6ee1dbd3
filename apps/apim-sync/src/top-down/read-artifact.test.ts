import { strToU8, zipSync } from 'fflate';
import { expect, test } from 'vitest';

import { readArtifact } from './read-artifact.ts';

const zip = (files: Record<string, string | Uint8Array>) =>
  Buffer.from(
    zipSync(
      Object.fromEntries(Object.entries(files).map(([name, text]) => [name, typeof text === 'string' ? strToU8(text) : text])),
    ),
  );

test('takes the first .yaml there is', () => {
  expect(readArtifact(zip({ 'readme.md': 'x', 'api.yaml': 'kind: RestApi', 'b.yml': 'no' }))).toEqual({
    ok: true,
    yaml: 'kind: RestApi',
  });
});

test.each<[string, Buffer, RegExp]>([
  ['no zip', Buffer.from('hello'), /cannot be read/],
  ['nothing', Buffer.alloc(0), /cannot be read/],
  ['no yaml', zip({ 'a.txt': 'x' }), /no \.yaml/],
  ['climbing out', zip({ '../../etc/cron.yaml': 'x' }), /outside itself/],
  ['an absolute name', zip({ '/etc/passwd': 'x', 'api.yaml': 'x' }), /outside itself/],
  ['a drive', zip({ 'C:/x.yaml': 'x' }), /outside itself/],
  ['backslashes', zip({ '..\\x.yaml': 'x' }), /outside itself/],
  ['many entries', zip(Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`${i}.txt`, 'x']))), /more than 20/],
  ['a bomb', zip({ 'api.yaml': new Uint8Array(50 * 1024 * 1024) }), /52428800 bytes/],
  ['no UTF-8', zip({ 'api.yaml': new Uint8Array([0xff, 0xfe, 0xfd]) }), /cannot be read/],
])('refuses %s', (_, archive, message) => {
  const read = readArtifact(archive);
  expect(read.ok ? '' : read.message).toMatch(message);
});

test('a bomb that lies about its size is not inflated beyond what it says', () => {
  const archive = zip({ 'api.yaml': new Uint8Array(20 * 1024 * 1024) });
  // the declared size stands in the central directory and in the local header
  for (let at = 0; at < archive.length - 4; at++)
    if (archive.readUInt32LE(at) === 20 * 1024 * 1024) archive.writeUInt32LE(64, at);
  const read = readArtifact(archive);
  expect(read.ok ? read.yaml.length : 0).toBeLessThanOrEqual(1024 * 1024);
});
