import { tableHash } from '@tidegate/gateway-ir';
import { Inject, Injectable } from '@nestjs/common';
import type { Difference, Verification, VerifiedGateway } from '@tidegate/management-api';
import type { Pool } from 'pg';

import { ApimLinks } from '../apim-link/apim-links.ts';
import { PG_POOL } from '../database/database.module.ts';
import { CompileCache } from '../discovery/compile-cache.ts';
import { Compiler } from '../discovery/compiler.ts';
import { deriveEntries } from '../discovery/derive-entries.ts';
import { GatewaySnapshot } from '../discovery/gateway-snapshot.ts';
import { readChanges } from '../discovery/read-changes.ts';
import { SnapshotStore } from '../discovery/snapshot-store.ts';
import { ApiError } from '../http/api-error.ts';
import { compareApim } from './compare-apim.ts';
import { compareEntries, unservedDocuments, unservedKeys } from './compare-entries.ts';
import { compareRouters } from './compare-routers.ts';
import { type NamedGateway, readGateways, readKeyIds, readLinkedApis, readRouters } from './verify.repository.ts';

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
  #running: Promise<Verification> | null = null;

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

  /** One at a time: it compiles everything. Whoever asks meanwhile gets the same answer. @throws when the database cannot be read */
  verify(): Promise<Verification> {
    return (this.#running ??= this.#verify().finally(() => (this.#running = null)));
  }

  async #verify(): Promise<Verification> {
    const gateways: VerifiedGateway[] = [];
    const differences: Difference[] = [];
    for (const gateway of await readGateways(this.#pool)) {
      const checked = await this.#checkGateway(gateway);
      gateways.push(checked.gateway);
      differences.push(...checked.differences.map((one) => ({ ...one, gateway: gateway.handle })));
    }
    const { hostConfigured, syncEnabled } = this.#links.settings();
    const apis = hostConfigured && syncEnabled ? await readLinkedApis(this.#pool) : null;
    const inApim = compareApim(apis ?? []);
    differences.push(...inApim);
    return {
      status: 'success',
      consistent: differences.length === 0,
      checkedAt: new Date().toISOString(),
      gateways,
      apim: {
        state: apis === null ? 'not_configured' : 'compared',
        apis: apis?.length ?? 0,
        same: (apis?.length ?? 0) - inApim.length,
      },
      differences: differences.slice(0, DIFFERENCES_MAX),
      total: differences.length,
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
      const keys = await readKeyIds(this.#pool, gatewayId);
      await this.#store.catchUp(gatewayId);
      const sent = this.#store.snapshot(gatewayId);
      if (read === undefined || sent === null) continue;
      if (sent.version !== read.version || keys.version !== read.version || this.#store.epoch !== epoch) continue;
      const documents = new GatewaySnapshot();
      documents.apply({ ...read, entries: derived });
      const derivedFrom = [...unservedDocuments(read.deployments, derived), ...unservedKeys(keys.keyIds, derived)];
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
