/** What is read of vitest's JSON report. */
export interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly { readonly status: string; readonly assertionResults: readonly { readonly status: string }[] }[];
}

/**
 * Tests that passed and failed. A file that could not even be loaded has no failed test and counts as one; so does a run that ended
 * badly although nothing in its report says so (an unhandled error, a crash).
 */
export function countResults(
  report: VitestReport | null,
  exitCode: number,
): { readonly passed: number; readonly failed: number } {
  const passed = report?.numPassedTests ?? 0;
  const brokenFiles = report?.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((result) => result.status === 'failed'),
  );
  const failed = (report?.numFailedTests ?? 0) + (brokenFiles?.length ?? 0);
  return { passed, failed: failed === 0 && exitCode !== 0 ? 1 : failed };
}
