import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { catalogueEntry } from '../libs/policies/src/catalogue.ts';
import { policyDefinitions } from '../libs/policies/src/definitions.ts';
import { indexPage, policyPage } from './policies/policy-page.ts';

/** Writes docs/policies/ from the schemas and READMEs of libs/policies. `--check` writes nothing and fails when a page is stale. */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FOLDER = join(ROOT, 'docs/policies');

const entries = policyDefinitions.map(catalogueEntry);
const wanted = new Map([
  ['README.md', indexPage(entries)],
  ...entries.map((entry) => [`${entry.name}.md`, policyPage(entry, readmeOf(entry.name))] as const),
]);
const present = existsSync(FOLDER) ? readdirSync(FOLDER) : [];
const stale = [...new Set([...wanted.keys(), ...present])]
  .filter((file) => wanted.get(file) !== textOf(join(FOLDER, file)))
  .sort();

if (!process.argv.includes('--check')) {
  mkdirSync(FOLDER, { recursive: true });
  for (const file of stale) {
    const text = wanted.get(file);
    if (text === undefined) rmSync(join(FOLDER, file));
    else writeFileSync(join(FOLDER, file), text);
  }
  console.log(`generated docs/policies (${stale.length} of ${wanted.size} pages changed)`);
} else if (stale.length > 0) {
  console.error(
    `Pages are not what libs/policies says; run \`npm run generate\`:\n${stale.map((file) => `  docs/policies/${file}`).join('\n')}`,
  );
  process.exitCode = 1;
}

function readmeOf(name: string): string {
  return readFileSync(join(ROOT, 'libs/policies/src', name, 'README.md'), 'utf8');
}

function textOf(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}
