/** Another writer holds the gateway for longer than we wait. Becomes 503 with Retry-After; nothing was written. */
export class BusyError extends Error {
  readonly code = 'busy';
  readonly source = 'internal';
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number, cause: unknown) {
    super('Another change to this gateway is taking long; nothing was changed, try again', { cause });
    this.name = 'BusyError';
    this.retryAfterMs = retryAfterMs;
  }

  /** `null` for anything but a lock that PostgreSQL gave up waiting for. */
  static from(error: unknown): BusyError | null {
    return sqlState(error) === LOCK_NOT_AVAILABLE ? new BusyError(1000, error) : null;
  }
}

const LOCK_NOT_AVAILABLE = '55P03';

function sqlState(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
