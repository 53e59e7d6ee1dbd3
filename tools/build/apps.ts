import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The apps that are bundled, alphabetically: programs have a src/main.ts, sites (what runs in a browser) an index.html. */
export function bundledApps(): readonly string[] {
  return readdirSync(join(ROOT, 'apps'))
    .filter((name) => existsSync(join(ROOT, 'apps', name, 'src/main.ts')) || isSite(name))
    .sort();
}

export function isSite(name: string): boolean {
  return existsSync(join(ROOT, 'apps', name, 'index.html'));
}
