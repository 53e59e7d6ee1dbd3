import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { policyDefinitions } from '../libs/policies/src/definitions.ts';
import { nameProblem, scaffold, withPolicy } from './policies/scaffold.ts';

/** `npm run new:policy NAME`: a folder in libs/policies that passes every check, and its two lines. */
const FOLDER = fileURLToPath(new URL('../libs/policies/src/', import.meta.url));
const [name = ''] = process.argv.slice(2);
const problem = nameProblem(
  name,
  policyDefinitions.map((definition) => definition.name),
);
if (problem === null) {
  for (const [file, text] of scaffold(name)) {
    mkdirSync(dirname(join(FOLDER, file)), { recursive: true });
    writeFileSync(join(FOLDER, file), text, { flag: 'wx' });
  }
  for (const kind of ['definition', 'runtime'] as const) {
    const list = join(FOLDER, `${kind}s.ts`);
    writeFileSync(list, withPolicy(readFileSync(list, 'utf8'), name, kind));
  }
  console.log(`libs/policies/src/${name} is there. Change it, then: npm run generate && npm run check`);
} else {
  console.error(`Usage: npm run new:policy NAME: ${problem}`);
  process.exitCode = 2;
}
