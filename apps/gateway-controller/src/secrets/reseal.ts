import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import type { Logger } from '@tidegate/process';
import { DataSource } from 'typeorm';

import type { Db } from '../environments/deployment-targets.ts';
import { KeyRing, versionOf } from '../sealing/key-ring.ts';
import { aboutSecret } from '../sealing/template-source.ts';
import { LOGGER } from '../settings.module.ts';

/**
 * At start every secret comes under the first key, so that an older one can be taken away. Of several replicas each may do it: what
 * another one has sealed meanwhile is left alone.
 */
@Injectable()
export class Reseal implements OnModuleInit {
  readonly #db: Db;
  readonly #ring: KeyRing;
  readonly #logger: Logger;

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(KeyRing) ring: KeyRing, @Inject(LOGGER) logger: Logger) {
    this.#db = dataSource.manager;
    this.#ring = ring;
    this.#logger = logger;
  }

  /** @throws Error when a secret is sealed under a key that is not here: what uses it could not be served */
  async onModuleInit(): Promise<void> {
    const secrets = await this.#db.query<{ id: string; name: string; envelope: string }[]>(
      `SELECT id, name, envelope FROM secret`,
    );
    const stale = secrets.filter(({ envelope }) => versionOf(envelope) !== this.#ring.current);
    for (const { id, name, envelope } of stale) {
      const value = this.#ring.open(envelope, aboutSecret(id));
      if (value === null)
        throw new Error(
          `Secret '${name}' is sealed under key '${versionOf(envelope) ?? ''}', which is not in controller.encryption.providers or is another than it was`,
        );
      await this.#db.query(`UPDATE secret SET envelope = $3 WHERE id = $1 AND envelope = $2`, [
        id,
        envelope,
        this.#ring.seal(value, aboutSecret(id)),
      ]);
    }
    if (stale.length > 0)
      this.#logger.info({ secrets: stale.length, key: this.#ring.current }, 'Secrets were sealed anew under the first key');
  }
}
