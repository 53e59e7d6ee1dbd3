import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, expect, it, vi } from 'vitest';

import { golden } from './golden.ts';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-golden-'));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true, force: true });
});

it('fails on a missing file, writes it when told to, and then compares', () => {
  const file = join(folder, 'deep', 'case.json');
  vi.stubEnv('UPDATE_GOLDEN', '');
  expect(() => golden(file, { a: 1 })).toThrow(/does not exist; UPDATE_GOLDEN=1 writes it/);
  vi.stubEnv('UPDATE_GOLDEN', '1');
  golden(file, { a: 1 });
  expect(readFileSync(file, 'utf8')).toBe('{\n  "a": 1\n}\n');
  vi.stubEnv('UPDATE_GOLDEN', '');
  golden(file, { a: 1 });
  expect(() => golden(file, { a: 2 })).toThrow(/Differs from/);
});
