/** Why the stack cannot start, in words for whoever started it; main.ts prints it without a stack trace. */
export class StartError extends Error {
  readonly code = 'CANNOT_START';

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'StartError';
  }
}
