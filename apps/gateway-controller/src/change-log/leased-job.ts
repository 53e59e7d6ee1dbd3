import { randomUUID } from 'node:crypto';

import type { Logger } from '@tidegate/process';
import type { Pool } from 'pg';

import { coalesce } from './coalesce.ts';
import { dropLease, takeLease } from './lease.ts';

interface LeasedJobOptions {
  readonly pool: Pool;
  readonly logger: Logger;
  readonly lease: string;
  readonly everyMs: number;
  /** Longer than a run takes, or another replica may begin one beside it */
  readonly leaseMs: number;
  /** Whether a run would find anything; looked at before the lease is taken, which is a write. Absent = it may */
  readonly isDue?: () => Promise<boolean>;
  /** One look at what there is to do. May fail: what could not be done now is due at the next */
  readonly run: () => Promise<void>;
  /** Logged beside the error */
  readonly failed: string;
}

/**
 * Something done again and again, by one replica at a time (invariant 16). The lease only saves work: whoever dies in a run leaves
 * rows from which the next owner goes on, so each run looks at them anew.
 */
export class LeasedJob {
  readonly #options: LeasedJobOptions;
  readonly #owner = randomUUID();
  readonly #lookOnce = coalesce(() => this.#look());
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(options: LeasedJobOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#lookOnce(), this.#options.everyMs).unref();
  }

  /** Waits for the run that is under way, begins none, and lets the next owner begin. Without a start there is nothing to do. */
  async stop(): Promise<void> {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#stopped = true;
    await this.#lookOnce();
    const { pool, lease } = this.#options;
    await dropLease(pool, lease, this.#owner).catch(() => undefined); // it runs out by itself
  }

  /** Never fails. */
  async #look(): Promise<void> {
    if (this.#stopped) return;
    const { pool, lease, leaseMs, isDue, run, logger, failed } = this.#options;
    try {
      if (isDue !== undefined && !(await isDue())) return;
      if ((await takeLease(pool, lease, this.#owner, leaseMs)) !== null) await run();
    } catch (error) {
      logger.warn({ err: error }, failed);
    }
  }
}
