import { ConfigError } from '../config/config-error.ts';
import { broken, type Finding, fine, reasonOf } from './finding.ts';

/** Looks at everything that the settings in these arguments lead to. @throws ConfigError when they cannot be read */
export type Examine = (files: readonly string[]) => Promise<readonly Finding[]>;

const MARKS = { ok: 'ok  ', warn: 'WARN', fail: 'FAIL' } as const;

/**
 * `doctor [--json] [--config FILE]…`: prints what was found, and answers the exit code: 1 when something has to be mended.
 * `null` = the program was started to do its work. Wrong settings are findings like any other.
 */
export async function doctorAsked(argv: readonly string[], examine: Examine): Promise<number | null> {
  if (argv[0] !== 'doctor') return null;
  const files = argv.slice(1).filter((argument) => argument !== '--json');
  const findings = await examined(files, examine);
  process.stdout.write(argv.includes('--json') ? `${JSON.stringify(findings)}\n` : findingsText(findings));
  return findings.some(({ verdict }) => verdict === 'fail') ? 1 : 0;
}

/** One line each, and below it what to do. */
export function findingsText(findings: readonly Finding[]): string {
  return findings
    .map(
      ({ subject, verdict, message, mend }) =>
        `${MARKS[verdict]}  ${subject}: ${message}\n${mend === null ? '' : `      → ${mend}\n`}`,
    )
    .join('');
}

async function examined(files: readonly string[], examine: Examine): Promise<readonly Finding[]> {
  try {
    return [fine('configuration', 'every setting is known and valid'), ...(await examine(files))];
  } catch (error) {
    const problems = error instanceof ConfigError ? error.problems : [reasonOf(error)];
    return problems.map((problem) => broken('configuration', problem, 'change the setting it names'));
  }
}
