import { judgeBundle, runtimeKey } from '@tidegate/gateway-ir';
import { Inject, Injectable } from '@nestjs/common';
import type { ReleaseItem, ReleaseRequest } from '@tidegate/management-api';
import { DataSource } from 'typeorm';

import type { ControllerConfig } from '../config.ts';
import type { Db } from '../environments/deployment-targets.ts';
import { badRequest, conflict } from '../http/api-error.ts';
import { CONFIG } from '../settings.module.ts';
import { listReleases } from './releases.repository.ts';

/** Releases of the router runtime. A published one never changes: routers hold it by its version. */
@Injectable()
export class Releases {
  readonly #db: Db;
  readonly #key: string;

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(CONFIG) { controller }: Pick<ControllerConfig, 'controller'>) {
    this.#db = dataSource.manager;
    this.#key = controller.fleet.runtime_key;
  }

  async list(): Promise<ReleaseItem[]> {
    return (await listReleases(this.#db)).map(({ item }) => item);
  }

  /** @throws ApiError 400 for what is not signed with the trusted key, 409 without such a key, or for a version that is there */
  async publish(request: ReleaseRequest, by: string): Promise<ReleaseItem> {
    if (this.#key === '')
      throw conflict('RUNTIME_KEY_MISSING', 'controller.fleet.runtime_key is not set: nobody is trusted to sign runtimes');
    const [manifest, signature, bundle] = [request.manifest, request.signature, request.bundle].map((text) =>
      Buffer.from(text, 'base64'),
    );
    if (!manifest || !signature || !bundle) throw new Error('Three texts are three buffers');
    const judged = judgeBundle({ manifest, signature, bundle }, runtimeKey(this.#key));
    if (!judged.ok)
      throw badRequest('RUNTIME_REFUSED', judged.message, [{ field: 'bundle', code: judged.code, message: judged.message }]);
    const { version } = judged.manifest;
    const { channel, notes, rollingCompatible, availableFrom = null, mandatoryFrom } = request;
    if (mandatoryFrom !== null && Date.parse(mandatoryFrom) < (availableFrom === null ? Date.now() : Date.parse(availableFrom))) {
      const message = 'mandatoryFrom must not be before availableFrom';
      throw badRequest('invalid_request', message, [{ field: 'mandatoryFrom', code: 'invalid', message }]);
    }
    const rows = await this.#db.query<unknown[]>(
      `INSERT INTO runtime_release (version, channel, manifest, signature, bundle, notes, rolling_compatible, available_from, mandatory_from, published_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, coalesce($8, now()), $9, $10) ON CONFLICT (version) DO NOTHING RETURNING version`,
      [version, channel, manifest, signature, bundle, notes, rollingCompatible, availableFrom, mandatoryFrom, by],
    );
    if (rows.length === 0)
      throw conflict('RELEASE_EXISTS', `Release ${version} is published already; a changed one needs another version`);
    const item = (await this.list()).find((one) => one.version === version);
    if (item === undefined) throw new Error('A release that was stored is not listed');
    return item;
  }
}
