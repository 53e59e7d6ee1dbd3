import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** `npm run bench -- NAME [options]`: runs `bench/NAME.ts`, which prints its figures. Speed is shown here, never asserted in tests. */
const folder = fileURLToPath(new URL('../bench/', import.meta.url));
const known = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length));
const [name = ''] = process.argv.splice(2, 1);
if (known.includes(name)) {
  await import(pathToFileURL(join(folder, `${name}.ts`)).href);
} else {
  console.error(`Usage: npm run bench -- ${known.join('|')} [options]`);
  process.exitCode = 2;
}
