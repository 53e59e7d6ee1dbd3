import { Inject, Injectable } from '@nestjs/common';
import { secretRequest } from '@tidegate/management-api';
import { DataSource } from 'typeorm';

import type { Db } from '../environments/deployment-targets.ts';
import { ApiError } from '../http/api-error.ts';
import { findSecret } from '../secrets/secrets.repository.ts';
import { SecretsService } from '../secrets/secrets.service.ts';
import { RefusedByUs } from './remote-deployments.ts';

/** Values that came with artifacts. One of a name that was made here stays what it is here. */
@Injectable()
export class RemoteSecrets {
  readonly #db: Db;
  readonly #secrets: SecretsService;

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(SecretsService) secrets: SecretsService) {
    this.#db = dataSource.manager;
    this.#secrets = secrets;
  }

  /** @throws RefusedByUs for what cannot be kept, without its value */
  async keep(values: ReadonlyMap<string, string>): Promise<void> {
    for (const [name, value] of values) await this.#keepOne(name, value);
  }

  async #keepOne(name: string, value: string): Promise<void> {
    const parsed = secretRequest.safeParse({ kind: 'Secret', metadata: { name }, spec: { displayName: name, value } });
    if (!parsed.success) throw new RefusedByUs(`Secret '${name.slice(0, 100)}' of the control plane cannot be kept`);
    try {
      const known = await findSecret(this.#db, name);
      if (known === null) await this.#secrets.create(parsed.data, BY);
      else if (known.createdBy === BY) await this.#secrets.update(name, parsed.data, undefined);
    } catch (error) {
      if (error instanceof ApiError && error.status < 500) throw new RefusedByUs(`Secret '${name}': ${error.message}`);
      throw error;
    }
  }
}

const BY = 'control-plane';
