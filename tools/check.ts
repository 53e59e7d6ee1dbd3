import { availableParallelism } from 'node:os';

import { runSteps, type Step } from './check/run-steps.ts';

/** `npm run check`: what must hold before a commit. Everything runs, everything that fails is shown. Slowest first: the total is shorter. */
const STEPS: readonly Step[] = [
  { name: 'pure tests', command: ['vitest', 'run', '--project', 'pure', '--reporter', 'dot'] },
  { name: 'types', command: ['tsc', '-p', 'tsconfig.json'] },
  { name: 'console types', command: ['tsc', '-p', 'apps/console/tsconfig.json'] },
  { name: 'lint', command: ['oxlint', '--type-aware', '--deny-warnings'] },
  { name: 'generated code', command: ['node', 'tools/generate.mjs', '--check'] },
  { name: 'dead code', command: ['knip', '--no-progress', '--no-config-hints'] },
  { name: 'boundaries', command: ['depcruise', 'apps', 'libs', 'test', 'tools', '--config', '.dependency-cruiser.cjs'] },
  { name: 'format', command: ['oxfmt', '--check', '.'] },
  { name: 'proto lint', command: ['buf', 'lint'] },
  // Against a recorded protocol: peers of that release must be understood
  { name: 'proto compatibility', command: ['buf', 'breaking', '--against', 'proto/baseline.binpb'] },
  { name: 'lock', command: ['node', 'tools/lock-check.ts'] },
  { name: 'secrets', command: ['node', 'tools/secrets-check.ts'] },
  { name: 'tidy', command: ['node', 'tools/tidy.ts'] },
];

const asked = process.argv.slice(2);
const steps = asked.length === 0 ? STEPS : STEPS.filter(({ name }) => asked.includes(name));
const startMs = performance.now();
const results = await runSteps(steps, Math.min(4, Math.max(2, availableParallelism())), ({ name, passed, seconds }) => {
  console.log(`${passed ? 'ok  ' : 'FAIL'} ${name.padEnd(15)} ${seconds.toFixed(1).padStart(5)} s`);
});

const notes = results.filter(({ name, passed, output }) => name === 'tidy' && passed && output !== '');
const failed = results.filter(({ passed }) => !passed);
for (const { name, output } of [...notes, ...failed]) console.log(`\n--- ${name}\n${output}`);
const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
console.log(`\n${results.length - failed.length} of ${results.length} checks passed in ${seconds} s`);
process.exitCode = failed.length > 0 ? 1 : 0;
