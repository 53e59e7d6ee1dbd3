/** One thing that was looked at before an app is trusted with traffic. */
export interface Finding {
  /** A setting, a peer or a file */
  readonly subject: string;
  /** `warn`: it works, and somebody should know. `fail`: the app does not do its work like this */
  readonly verdict: 'ok' | 'warn' | 'fail';
  readonly message: string;
  /** What to do; `null` = nothing */
  readonly mend: string | null;
}

export function fine(subject: string, message: string): Finding {
  return { subject, verdict: 'ok', message, mend: null };
}

export function doubtful(subject: string, message: string, mend: string): Finding {
  return { subject, verdict: 'warn', message, mend };
}

export function broken(subject: string, message: string, mend: string): Finding {
  return { subject, verdict: 'fail', message, mend };
}

/** What an unknown error says in one line. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const inner = error instanceof AggregateError ? error.errors[0] : error.cause;
  return error.message.trim().split('\n', 1)[0] || (inner instanceof Error ? inner.message : '') || error.name;
}
