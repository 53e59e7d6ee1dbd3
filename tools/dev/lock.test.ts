import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { takeLock } from './lock.ts';
import { processIdentity } from './process-identity.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-lock-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('lets one in, and the next when it is released', () => {
  const file = join(folder, 'a');
  const first = takeLock(file);
  expect(first.ok).toBe(true);
  expect(takeLock(file)).toMatchObject({ ok: false, pid: process.pid });
  if (first.ok) first.release();
  expect(takeLock(file).ok).toBe(true);
});

it.each([
  ['whose process is gone', { pid: 2 ** 22 + 1, identity: 'x', since: '' }],
  ['whose pid belongs to another process now', { pid: process.ppid, identity: 'ticks 0', since: '' }],
])('takes over a lock %s', (_what, holder) => {
  const file = join(folder, `b${holder.pid}`);
  writeFileSync(file, JSON.stringify(holder));
  expect(takeLock(file).ok).toBe(true);
});

it('knows its own process, and one that is not there', () => {
  expect(processIdentity(process.pid)).toBe(processIdentity(process.pid));
  expect(processIdentity(process.pid)).not.toBeNull();
  expect(processIdentity(2 ** 22 + 1)).toBeNull();
});
