import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** `npm run bench -- NAME [options]`: runs `bench/NAME.ts`, which prints its figures. Speed is shown here, never asserted in tests. */
const folder = fileURLToPath(new URL('../bench/', import.meta.url));
const known = readdirSync(folder)
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.slice(0, -'.ts'.length));
// Figures that one run makes together are asked for by any of their numbers.
const together = new Map(['P6', 'P7', 'P11', 'P12', 'P16'].map((goal) => [goal, 'propagation']));
const asked = together.get(process.argv[2] ?? '');
if (asked !== undefined) process.argv[2] = asked;
// The goals of the data plane are asked for by their numbers, several at once.
const goals = /^P\d+$/.test(process.argv[2] ?? '') && !known.includes(process.argv[2] ?? '');
const [name = ''] = goals ? ['data-plane'] : process.argv.splice(2, 1);
if (known.includes(name)) {
  await import(pathToFileURL(join(folder, `${name}.ts`)).href);
} else {
  console.error(`Usage: npm run bench -- ${known.join('|')} [options], or P1 P2 … [--json] [--quick]`);
  process.exitCode = 2;
}
