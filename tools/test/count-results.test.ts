import { expect, it } from 'vitest';

import { countResults } from './count-results.ts';

const good = { status: 'passed', assertionResults: [{ status: 'passed' }] };

it('takes the report at its word', () => {
  expect(countResults({ numPassedTests: 3, numFailedTests: 0, testResults: [good] }, 0)).toEqual({ passed: 3, failed: 0 });
  const bad = { status: 'failed', assertionResults: [{ status: 'failed' }] };
  expect(countResults({ numPassedTests: 3, numFailedTests: 1, testResults: [good, bad] }, 1)).toEqual({ passed: 3, failed: 1 });
});

it('counts a file that could not be loaded', () => {
  const report = { numPassedTests: 3, numFailedTests: 0, testResults: [good, { status: 'failed', assertionResults: [] }] };
  expect(countResults(report, 1)).toEqual({ passed: 3, failed: 1 });
});

it('never calls a bad end a success', () => {
  expect(countResults({ numPassedTests: 3, numFailedTests: 0, testResults: [good] }, 1)).toEqual({ passed: 3, failed: 1 });
  expect(countResults(null, 137)).toEqual({ passed: 0, failed: 1 });
});
