import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { afterEach, expect, it } from 'vitest';

import { nameProblem, scaffold, withPolicy } from './scaffold.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const made: string[] = [];
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A copy of libs/policies/src with one policy more, where packages are found. */
function copyWith(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-policy-'));
  made.push(folder);
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  cpSync(join(ROOT, 'libs/policies/src'), folder, { recursive: true });
  for (const [file, text] of scaffold(name)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
  for (const kind of ['definition', 'runtime'] as const) {
    const list = join(folder, `${kind}s.ts`);
    writeFileSync(list, withPolicy(readFileSync(list, 'utf8'), name, kind));
  }
  return folder;
}

it.each(['cors-strict', 'zz-2-top'])('%s runs, stands where the alphabet wants it, and is formatted', (name) => {
  const folder = copyWith(name);
  const program = `
    import { policyDefinitions } from '${folder}/definitions.ts';
    import { policyRuntimes } from '${folder}/runtimes.ts';
    import { sampleContext, sampleExchange } from '${folder}/sample-exchange.ts';
    const at = policyDefinitions.findIndex(({ name }) => name === '${name}');
    const exchange = sampleExchange();
    const runtime = policyRuntimes[at];
    runtime.build(runtime.definition.params.parse({}), sampleContext()).requestHeaders(exchange);
    console.log(JSON.stringify([policyDefinitions.map(({ name }) => name), [...exchange.upstreamHeaders]]));`;
  // A process of its own: the copy must not stay in this one's memory.
  const run = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { cwd: ROOT, encoding: 'utf8' });
  expect(run.stderr).toBe('');
  const [names, headers] = JSON.parse(run.stdout) as [string[], unknown];
  expect(names).toEqual(names.toSorted());
  expect(headers).toEqual([[`x-${name}`, 'yes']]);
  cpSync(join(ROOT, '.oxfmtrc.json'), join(folder, '.oxfmtrc.json'));
  const format = spawnSync(join(ROOT, 'node_modules/.bin/oxfmt'), ['--check', name, 'definitions.ts', 'runtimes.ts'], {
    cwd: folder,
    encoding: 'utf8',
  });
  expect(format.stdout + format.stderr).toContain('All matched files use the correct format');
});

it('says why a name cannot be one', () => {
  expect(nameProblem('my-policy', ['cors'])).toBeNull();
  expect(nameProblem('cors', ['cors'])).toBe('there is a policy cors already');
  for (const name of ['', 'My', 'a_b', '../x', '-a', 'a--b', 'a'.repeat(65)]) expect(nameProblem(name, [])).not.toBeNull();
});
