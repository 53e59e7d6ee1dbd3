import { tableHash } from '@tidegate/gateway-ir';
import { Inject, Injectable } from '@nestjs/common';
import type { Difference, Verification, VerifiedGateway } from '@tidegate/management-api';
import type { Pool } from 'pg';

import { ApimLinks } from '../apim-link/apim-links.ts';
import { sharedWhileRunning } from '../change-log/shared-while-running.ts';
import { PG_POOL } from '../database/database.module.ts';
import { CompileCache } from '../discovery/compile-cache.ts';
import { Compiler } from '../discovery/compiler.ts';
import { deriveEntries } from '../discovery/derive-entries.ts';
import { GatewaySnapshot } from '../discovery/gateway-snapshot.ts';
import { readChanges } from '../discovery/read-changes.ts';
import { SnapshotStore } from '../discovery/snapshot-store.ts';
import { ApiError } from '../http/api-error.ts';
import { compareApim } from './compare-apim.ts';
import { compareEntries, unservedBeside, unservedDocuments } from './compare-entries.ts';
import { compareRouters } from './compare-routers.ts';
import { type NamedGateway, readGateways, readDueEntries, readLinkedApis, readMended, readRouters } from './verify.repository.ts';

/** Of a gateway that is written to all the time two readings of one version may never meet. */
const TRIES_MAX = 10;
const DIFFERENCES_MAX = 1000;

/**
 * Recomputes the chain document → controller → router → APIM from what is stored. Nothing that was derived before is believed:
 * every document is compiled anew, the change log is checked against the documents it should name.
 */
@Injectable()
export class VerifyService {
  readonly #pool: Pool;
  readonly #compiler: Compiler;
  readonly #store: SnapshotStore;
  readonly #links: ApimLinks;
  /** One at a time: it compiles everything. */
  readonly #recomputeShared = sharedWhileRunning(() => this.#recompute());

  constructor(
    @Inject(PG_POOL) pool: Pool,
    @Inject(Compiler) compiler: Compiler,
    @Inject(SnapshotStore) store: SnapshotStore,
    @Inject(ApimLinks) links: ApimLinks,
  ) {
    this.#pool = pool;
    this.#compiler = compiler;
    this.#store = store;
    this.#links = links;
  }

  /** Since when looks into APIM are asked about; `null` = not at all. @throws when the database cannot be read */
  async verify(since: string | null): Promise<Verification> {
    const { gateways, differences: inGateways } = await this.#recomputeShared();
    const apim = await this.#checkApim(since);
    const differences = [...inGateways, ...apim.differences];
    return {
      status: 'success',
      consistent: differences.length === 0,
      checkedAt: new Date().toISOString(),
      gateways,
      apim: apim.found,
      differences: differences.slice(0, DIFFERENCES_MAX),
      total: differences.length,
    };
  }

  async #recompute(): Promise<{ gateways: VerifiedGateway[]; differences: Difference[] }> {
    const gateways: VerifiedGateway[] = [];
    const differences: Difference[] = [];
    for (const gateway of await readGateways(this.#pool)) {
      const checked = await this.#checkGateway(gateway);
      gateways.push(checked.gateway);
      differences.push(...checked.differences.map((one) => ({ ...one, gateway: gateway.handle })));
    }
    return { gateways, differences };
  }

  async #checkApim(since: string | null): Promise<{ found: Verification['apim']; differences: Difference[] }> {
    const { hostConfigured, syncEnabled } = this.#links.settings();
    if (!hostConfigured || !syncEnabled)
      return { found: { state: 'not_configured', apis: 0, same: 0, looking: 0, mended: [] }, differences: [] };
    const apis = await readLinkedApis(this.#pool);
    const differences = compareApim(apis);
    const looking = apis.filter(({ link }) => link?.looking).length;
    const mended = since === null ? [] : await readMended(this.#pool, since);
    return {
      found: { state: 'compared', apis: apis.length, same: apis.length - differences.length, looking, mended },
      differences,
    };
  }

  async #checkGateway({ id, handle }: NamedGateway) {
    const { documents, derivedFrom, sent } = await this.#sameVersion(id);
    const wanted = documents.all();
    const { routers, differences } = compareRouters(
      { epoch: sent.epoch, version: sent.version, hash: hex(sent.hash) },
      await readRouters(this.#pool, id),
    );
    return {
      gateway: {
        id,
        handle,
        epoch: sent.epoch,
        version: sent.version,
        documents: { hash: hex(documents.hash), entries: wanted.length },
        controller: { hash: hex(sent.hash), entries: sent.entries.length },
        routers,
      },
      differences: [...derivedFrom, ...compareEntries(wanted, sent.entries), ...differences],
    };
  }

  /** @throws ApiError 503 when the gateway changes faster than it can be read */
  async #sameVersion(gatewayId: string) {
    for (let tried = 0; tried < TRIES_MAX; tried++) {
      const { epoch, read, derived } = await this.#derive(gatewayId);
      const due = await readDueEntries(this.#pool, gatewayId);
      await this.#store.catchUp(gatewayId);
      const sent = this.#store.snapshot(gatewayId);
      if (read === undefined || sent === null) continue;
      if (sent.version !== read.version || due.version !== read.version || this.#store.epoch !== epoch) continue;
      const documents = new GatewaySnapshot();
      documents.apply({ ...read, entries: derived });
      const derivedFrom = [...unservedDocuments(read.deployments, derived), ...unservedBeside(due.entries, derived)];
      // The snapshot goes on changing while this is answered: what is compared is kept.
      const entries = sent.all();
      return { documents, derivedFrom, sent: { epoch, version: sent.version, hash: tableHash(entries), entries } };
    }
    const message = 'The gateway changes faster than it can be verified; try again';
    throw new ApiError(503, 'busy', message, { headers: { 'Retry-After': '5' } });
  }

  async #derive(gatewayId: string) {
    const client = await this.#pool.connect();
    let failed = true;
    try {
      const { epoch, gateways } = await readChanges(client, (id) => (id === gatewayId ? 0 : Number.MAX_SAFE_INTEGER));
      failed = false;
      const read = gateways.find(({ id }) => id === gatewayId);
      const compiled = new CompileCache((stored) => this.#compiler.compileStored(stored));
      return { epoch, read, derived: read === undefined ? [] : await deriveEntries(read, compiled) };
    } finally {
      client.release(failed);
    }
  }
}

function hex(hash: Uint8Array): string {
  return Buffer.from(hash).toString('hex');
}
