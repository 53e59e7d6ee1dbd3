import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { fullJitter } from '@tidegate/backoff';
import type { Logger } from '@tidegate/process';
import { createTransport, type Transporter } from 'nodemailer';
import type { Pool } from 'pg';

import { LeasedJob } from '../change-log/leased-job.ts';
import type { ControllerConfig } from '../config.ts';
import { PG_POOL } from '../database/database.module.ts';
import { CONFIG, LOGGER } from '../settings.module.ts';

const LEASE = 'mail';
const EVERY_MS = 2000;
const LEASE_MS = 60_000;
const DEADLINE_MS = 15_000;
const BATCH = 20;
/** Tried for so long; what is older is nobody's news any more. */
const AGE_MAX = '24 hours';

/** Sends the letters that are owed, through the SMTP server that is configured; without one nobody can subscribe to any. */
@Injectable()
export class MailRelay implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #pool: Pool;
  readonly #settings: ControllerConfig['controller']['notifications']['smtp'];
  readonly #job: LeasedJob;

  constructor(
    @Inject(PG_POOL) pool: Pool,
    @Inject(CONFIG) { controller }: Pick<ControllerConfig, 'controller'>,
    @Inject(LOGGER) logger: Logger,
  ) {
    this.#pool = pool;
    this.#settings = controller.notifications.smtp;
    this.#job = new LeasedJob({
      pool,
      logger,
      lease: LEASE,
      everyMs: EVERY_MS,
      leaseMs: LEASE_MS,
      run: () => this.#look(),
      failed: 'Mail could not be sent; next try soon',
    });
  }

  onApplicationBootstrap(): void {
    if (this.#settings.host !== '') this.#job.start();
  }

  beforeApplicationShutdown(): Promise<void> {
    return this.#job.stop();
  }

  /** What could not be sent now is due later. */
  async #look(): Promise<void> {
    const { rows } = await this.#pool.query<DueMail>(DUE, [BATCH]);
    if (rows.length === 0) return;
    const transport = this.#transport();
    for (const mail of rows) await this.#send(transport, mail);
    transport.close();
  }

  #transport(): Transporter {
    const { host, port, secure, require_tls: requireTLS, user, password } = this.#settings;
    return createTransport({
      host,
      port,
      secure,
      requireTLS,
      ...(user === '' ? {} : { auth: { user, pass: password.reveal() } }),
      connectionTimeout: DEADLINE_MS,
      greetingTimeout: DEADLINE_MS,
      socketTimeout: DEADLINE_MS,
      // Nothing of ours reads files or URLs for a letter.
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  async #send(transport: Transporter, { id, target, subject, body, attempts, isLast }: DueMail): Promise<void> {
    try {
      await transport.sendMail({ from: this.#settings.from, to: target, subject, text: body });
      await this.#pool.query(`UPDATE mail_delivery SET state = 'delivered', last_error = NULL WHERE id = $1`, [id]);
    } catch (error) {
      const waitMs = fullJitter({ attempt: attempts + 1, baseMs: 2000, capMs: 600_000, random: Math.random, floorMs: 2000 });
      const message = error instanceof Error ? error.message : String(error);
      await this.#pool.query(
        `UPDATE mail_delivery SET state = CASE WHEN $4 THEN 'dropped' ELSE 'pending' END, attempts = attempts + 1, last_error = $2,
                next_attempt_at = now() + $3 * interval '1 millisecond' WHERE id = $1`,
        [id, message.slice(0, 500), waitMs, isLast],
      );
    }
  }
}

interface DueMail {
  readonly id: string;
  readonly target: string;
  readonly subject: string;
  readonly body: string;
  readonly attempts: number;
  readonly isLast: boolean;
}

const DUE = `
  SELECT mail_delivery.id, target, subject, body, attempts, mail_delivery.created_at < now() - interval '${AGE_MAX}' AS "isLast"
  FROM mail_delivery JOIN notification_subscription ON notification_subscription.id = subscription_id
  WHERE state = 'pending' AND next_attempt_at <= now() ORDER BY mail_delivery.id LIMIT $1`;
