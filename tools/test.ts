import { buildStaleApps } from './build/build-stale-apps.ts';
import { ensurePrograms } from './test/machine-packages.ts';
import { runSuite, type SuiteResult } from './test/run-suite.ts';

/**
 * `npm test [-- [--project NAME]… [file filter…]]`: builds what is stale, then runs the suites one after the other, so that system tests
 * have the machine to themselves. The last line is `N passed, N failed`. TIDEGATE_FAILED_BEFORE=N counts failures of an earlier step in.
 */
const SUITES = ['pure', 'store', 'system'];

const { suites, filters } = readArguments(process.argv.slice(2));
const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());

const results: SuiteResult[] = [];
let obstacle: string | null = null;
try {
  obstacle = ensurePrograms();
  if (obstacle === null) await buildStaleApps();
} catch (error) {
  obstacle = error instanceof Error ? error.message : String(error);
}
if (obstacle === null) {
  for (const suite of suites) {
    if (stopping.signal.aborted) break;
    results.push(await runSuite(suite, filters, stopping.signal));
  }
} else {
  console.error(obstacle);
}

const before = Number(process.env['TIDEGATE_FAILED_BEFORE'] ?? 0);
const interrupted = obstacle !== null || stopping.signal.aborted ? 1 : 0;
const passed = results.reduce((sum, result) => sum + result.passed, 0);
const failed = results.reduce((sum, result) => sum + result.failed, before + interrupted);
console.log('');
for (const { suite, seconds, ...counts } of results) {
  console.log(
    `${suite.padEnd(7)} ${seconds.toFixed(1).padStart(6)} s  ${counts.passed} passed, ${counts.failed} failed in this suite`,
  );
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;

function readArguments(args: readonly string[]): { readonly suites: readonly string[]; readonly filters: readonly string[] } {
  const chosen: string[] = [];
  const rest: string[] = [];
  for (let index = 0; index < args.length; index++) {
    const argument = args[index] ?? '';
    if (argument === '--project') chosen.push(args[++index] ?? '');
    else rest.push(argument);
  }
  return { suites: chosen.length > 0 ? chosen : SUITES, filters: rest };
}
