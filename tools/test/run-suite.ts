import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { countResults, type VitestReport } from './count-results.ts';
import { reapLeaks } from './reap-leaks.ts';

export interface SuiteResult {
  readonly suite: string;
  readonly passed: number;
  readonly failed: number;
  readonly seconds: number;
}

/** Runs one vitest project to its end; processes it leaves behind are killed and count as a failure. */
export async function runSuite(suite: string, filters: readonly string[], signal: AbortSignal): Promise<SuiteResult> {
  const startMs = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-test-report-'));
  const reportFile = join(folder, 'report.json');
  const run = randomUUID();
  const exitCode = await vitest(
    [
      'run',
      '--project',
      suite,
      '--passWithNoTests',
      '--reporter',
      'default',
      '--reporter',
      'json',
      '--outputFile.json',
      reportFile,
      ...filters,
    ],
    { ...process.env, TIDEGATE_TEST_RUN: run },
    signal,
  );
  const leaks = reapLeaks(run);
  for (const leak of leaks) console.error(`left running by ${suite} tests, killed now: ${leak}`);
  const counted = countResults(readReport(reportFile), exitCode);
  rmSync(folder, { recursive: true, force: true });
  return { suite, passed: counted.passed, failed: counted.failed + leaks.length, seconds: (performance.now() - startMs) / 1000 };
}

function vitest(args: readonly string[], env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn('vitest', args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
    const stop = (): void => void child.kill('SIGTERM');
    signal.addEventListener('abort', stop, { once: true });
    const settle = (code: number): void => {
      signal.removeEventListener('abort', stop);
      resolve(code);
    };
    child.on('error', (error) => {
      console.error(error.message);
      settle(1);
    });
    child.on('close', (code) => settle(code ?? 1));
  });
}

function readReport(file: string): VitestReport | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as VitestReport; // vitest's json reporter, Jest's format
  } catch {
    return null; // it died before it could write one
  }
}
