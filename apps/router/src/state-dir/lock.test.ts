import { hash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { lockStateDir } from './lock.ts';

let stateDir: string;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'tidegate-lock-'));
});
afterEach(() => rm(stateDir, { recursive: true }));

test('a directory in use is refused by name and pid, and free again after release', async () => {
  const lock = await lockStateDir(stateDir);
  await expect(lockStateDir(stateDir)).rejects.toThrow(`state_dir ${stateDir} is in use by the router with pid ${process.pid}:`);
  await lock.release();
  expect(await readdir(stateDir)).toEqual([]);
  await (await lockStateDir(stateDir)).release();
});

test.each([
  ['a process that is gone', '999999999 1\n'],
  ['a pid that belongs to another process by now', `${process.pid} 1\n`],
  ['a lock that cannot be read', 'nonsense'],
  ['an empty lock', ''],
])('what %s left is taken over', async (_what, left) => {
  await writeFile(join(stateDir, 'lock'), left);
  const lock = await lockStateDir(stateDir);
  expect(await readFile(join(stateDir, 'lock'), 'utf8')).toMatch(new RegExp(`^${process.pid} \\d+\\n$`));
  expect(await readdir(stateDir)).toEqual(['lock']);
  await lock.release();
});

test('of many who find a stale lock at once, one gets it', async () => {
  await writeFile(join(stateDir, 'lock'), '999999999 1\n');
  // and one that was about to take it over died as well
  await writeFile(join(stateDir, 'lock.over-' + hash('sha256', '999999999 1\n').slice(0, 16)), '999999998 1\n');
  const tries = await Promise.allSettled(Array.from({ length: 20 }, () => lockStateDir(stateDir)));
  expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await readdir(stateDir)).toEqual(['lock']);
});
