/** What the process ends with; scripts may rely on these (apps/cli/README.md). */
export const EXIT = {
  done: 0,
  /** `diff`, `verify`: what should be the same is not; `doctor`: something must be mended */
  different: 1,
  usage: 2,
  /** The server does not accept it: invalid, in conflict, changed meanwhile */
  refused: 3,
  notFound: 4,
  /** Credentials are missing, wrong or not enough */
  denied: 5,
  /** No answer, or a mistake of the server's */
  unavailable: 6,
  /** `wait`: it has not come about in time */
  timedOut: 7,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends the command with a message and a code. */
export class CliError extends Error {
  readonly exitCode: ExitCode;

  constructor(exitCode: ExitCode, message: string) {
    super(message);
    this.name = 'CliError';
    this.exitCode = exitCode;
  }
}
