import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

import { expect, test } from 'vitest';

import { COMPILER_BUILD } from './build.ts';

const TESTDATA = new URL('../testdata/', import.meta.url);
const RECORD = new URL('build.json', TESTDATA);

/**
 * Routers compare hashes only under one build: output that changed under an old name would look like corruption.
 * After changing COMPILER_BUILD, `UPDATE_GOLDEN=1` records it with the outputs that belong to it.
 */
test('the build has another name whenever an output has changed', () => {
  const outputs = digestOfOutputs();
  const recorded = JSON.parse(readFileSync(RECORD, 'utf8')) as { build: string; outputs: Record<string, string> };
  const changed = Object.keys(recorded.outputs).filter(
    (file) => outputs[file] !== undefined && outputs[file] !== recorded.outputs[file],
  );
  if (COMPILER_BUILD === recorded.build) expect(changed, 'these changed: give COMPILER_BUILD another value').toEqual([]);
  if (process.env['UPDATE_GOLDEN'] === '1')
    writeFileSync(RECORD, `${JSON.stringify({ build: COMPILER_BUILD, outputs }, null, 2)}\n`);
  else expect(recorded).toEqual({ build: COMPILER_BUILD, outputs });
});

function digestOfOutputs(): Record<string, string> {
  const files = readdirSync(TESTDATA)
    .filter((file) => file.endsWith('.out.json'))
    .sort();
  return Object.fromEntries(
    files.map((file) => [
      file,
      createHash('sha256')
        .update(readFileSync(new URL(file, TESTDATA)))
        .digest('hex')
        .slice(0, 16),
    ]),
  );
}
