import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

import { ROOT } from './apps.ts';

const STAMP = 'inputs.json';
/** What every bundle depends on besides its modules. */
const SHARED_INPUTS = ['package-lock.json', 'tsconfig.base.json', 'tools/build/bundle-app.ts', 'tools/build/bundle-site.ts'];

interface Input {
  /** relative to the root */
  readonly file: string;
  readonly bytes: number;
  readonly mtimeMs: number;
  readonly sha256: string;
}

/** Remembers beside a bundle what it was made from. Written last: a killed build leaves no stamp and is stale. */
export function writeStamp(outDir: string, modules: readonly string[]): void {
  const files = [...new Set([...modules.map((id) => relative(ROOT, id)), ...SHARED_INPUTS])].sort();
  writeFileSync(join(outDir, STAMP), JSON.stringify(files.map(describe)));
}

/** Why the bundle has to be made again, or null. Contents are read only where size or time moved, so asking costs a few stats. */
export function staleness(outDir: string): string | null {
  const isThere = existsSync(join(outDir, 'main.js')) || existsSync(join(outDir, 'index.html'));
  if (!existsSync(join(outDir, STAMP)) || !isThere) return 'never built';
  const inputs = JSON.parse(readFileSync(join(outDir, STAMP), 'utf8')) as readonly Input[]; // ours, written above
  for (const input of inputs) {
    const path = join(ROOT, input.file);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) return `${input.file} is gone`;
    if (stat.size === input.bytes && stat.mtimeMs === input.mtimeMs) continue;
    if (sha256(path) !== input.sha256) return `${input.file} changed`;
  }
  return null;
}

function describe(file: string): Input {
  const path = join(ROOT, file);
  const stat = statSync(path);
  return { file, bytes: stat.size, mtimeMs: stat.mtimeMs, sha256: sha256(path) };
}

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}
