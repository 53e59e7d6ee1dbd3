import { mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { contentHash, EntryKind, tableHash } from '@tidegate/gateway-ir';
import { afterEach, beforeEach, expect, test } from 'vitest';

import { entryKey, type Held, type HeldEntry } from '../discovery/held.ts';
import { openLastGoodStore } from './last-good-store.ts';
import type { LastGood } from './payload.ts';
import { openRevokedKeys } from './revoked-keys.ts';
import { seal, unseal } from './seal.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tidegate-last-good-'));
});
afterEach(() => rm(directory, { recursive: true }));

const keys = { gatewayId: 'gw', credentials: ['secret-2', 'secret-1'] };
const entry = (id: string, size = 3): HeldEntry => {
  const content = Buffer.alloc(size, id);
  return { kind: EntryKind.ROUTES, id, content, hash: contentHash(content) };
};

function lastGood(version: number, entries: HeldEntry[] = [entry('a')]): LastGood {
  const held: Held = {
    gatewayId: 'gw',
    epoch: 7,
    version,
    compilerBuild: 'b',
    tableHash: tableHash(entries),
    entries: new Map(entries.map((each) => [entryKey(each.kind, each.id), each])),
  };
  return { held, revoked: ['k2', 'k1'], lastAccepted: [entry('old-a')] };
}

async function saved(...versions: LastGood[]) {
  const errors: unknown[] = [];
  const store = openLastGoodStore(directory, (error) => errors.push(error));
  for (const version of versions) {
    store.save(version, keys);
    await store.flush();
  }
  expect(errors).toEqual([]);
  return store;
}

async function load(store: Awaited<ReturnType<typeof saved>>, using = keys) {
  const reports: string[] = [];
  return { loaded: await store.load(using, (message) => reports.push(message)), reports };
}

test('what was saved is loaded, also an entry larger than a frame and an empty table', async () => {
  const large = lastGood(1, [entry('a'), entry('large', 2_500_000)]);
  const { loaded } = await load(await saved(large));
  expect(loaded?.held.entries.get('1:large')?.content.equals(Buffer.alloc(2_500_000, 'large'))).toBe(true);
  const empty = lastGood(2, []);
  expect((await load(await saved(empty))).loaded).toEqual(empty);
});

test('files are for this user alone, and no secret stands in them', async () => {
  await saved(lastGood(1, [entry('secret-content-')]));
  const path = join(directory, 'last-good');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect((await readFile(path)).includes('secret-content')).toBe(false);
  expect(await readdir(directory)).toEqual(['last-good']);
});

test('a damaged copy leads to the one before, a damaged pair to nothing rather than to an empty table', async () => {
  const store = await saved(lastGood(1), lastGood(2));
  const path = join(directory, 'last-good');
  const bytes = await readFile(path);
  for (const at of [0, 30, bytes.length - 1]) {
    const damaged = Buffer.from(bytes);
    damaged[at] = (damaged[at] ?? 0) ^ 1;
    await writeFile(path, damaged);
    const { loaded, reports } = await load(store);
    expect(loaded?.held.version).toBe(1);
    expect(reports).toHaveLength(1);
  }
  await writeFile(path, bytes.subarray(0, 100));
  await writeFile(`${path}.previous`, '');
  expect((await load(store)).loaded).toBeNull();
});

test('a crash between the two renames leaves the generation before', async () => {
  const store = await saved(lastGood(1));
  await rename(join(directory, 'last-good'), join(directory, 'last-good.previous'));
  expect((await load(store)).loaded?.held.version).toBe(1);
});

test('only this gateway and a credential of this node open it', async () => {
  const store = await saved(lastGood(1));
  expect((await load(store, { ...keys, gatewayId: 'other' })).loaded).toBeNull();
  expect((await load(store, { ...keys, credentials: ['stolen'] })).loaded).toBeNull();
  expect((await load(store, { ...keys, credentials: ['secret-3', 'secret-2'] })).loaded).not.toBeNull();
});

test('the header is bound to the content: relabelling the epoch breaks the seal', async () => {
  const payload = [Buffer.from('pay'), Buffer.from('load')];
  const file = Buffer.concat(await seal({ gatewayId: 'gw', epoch: 7, version: 1 }, payload, 'secret'));
  expect(unseal(file, { gatewayId: 'gw', credentials: ['secret'] })?.toString()).toBe('payload');
  const relabelled = Buffer.from(file.toString('latin1').replace('"epoch":7', '"epoch":8'), 'latin1');
  expect(unseal(relabelled, { gatewayId: 'gw', credentials: ['secret'] })).toBeNull();
});

test('many saves at once become few writes, the last one stays', async () => {
  const store = openLastGoodStore(directory, () => undefined);
  for (let version = 1; version <= 50; version++) store.save(lastGood(version), keys);
  await store.flush();
  expect((await load(store)).loaded?.held.version).toBe(50);
});

test('revoked keys: newest first, kept over a restart, a torn line costs nothing', async () => {
  const first = openRevokedKeys(directory);
  await first.append(['k1', 'k2']);
  await first.append(['k3']);
  expect(await openRevokedKeys(directory).load()).toEqual(['k3', 'k2', 'k1']);
  await writeFile(join(directory, 'revoked-keys'), 'k1\nk2\nk', 'utf8');
  const torn = openRevokedKeys(directory);
  expect(await torn.load()).toEqual(['k2', 'k1']);
  await torn.append(['k4']);
  expect(await openRevokedKeys(directory).load()).toContain('k4');
});

test('the file of revoked keys is bounded', async () => {
  const revoked = openRevokedKeys(directory);
  for (let batch = 0; batch < 5; batch++) {
    await revoked.append(Array.from({ length: 6_000 }, (_, index) => `k${batch}-${index}`));
  }
  const loaded = await openRevokedKeys(directory).load();
  expect(loaded).toHaveLength(10_000);
  expect(loaded[0]).toBe('k4-5999');
  expect((await stat(join(directory, 'revoked-keys'))).size).toBeLessThan(400_000);
});

test('the same table saved again, as after a new credential, leaves the generation before it alone', async () => {
  const store = await saved(lastGood(1), lastGood(2), lastGood(2));
  await writeFile(join(directory, 'last-good'), 'damaged');
  expect((await load(store)).loaded?.held.version).toBe(1);
});

test('a damaged copy does not take the place of the good one before it', async () => {
  const store = await saved(lastGood(1), lastGood(2));
  await writeFile(join(directory, 'last-good'), 'damaged');
  await load(store);
  store.save(lastGood(3), keys);
  await store.flush();
  await writeFile(join(directory, 'last-good'), 'damaged again');
  expect((await load(store)).loaded?.held.version).toBe(1);
});
