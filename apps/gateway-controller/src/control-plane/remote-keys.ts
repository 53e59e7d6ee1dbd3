import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

import { type ApiKeyRow, deleteKey, insertKey, lockKey, replaceKeyValue } from '../api-keys/api-keys.repository.ts';
import { keyChanges } from '../api-keys/change-keys.ts';
import { GatewayWriter } from '../change-log/gateway-writer.ts';
import { writeReaching } from '../change-log/write-reaching.ts';
import { type Db, gatewaysOf, targetsOfApi } from '../environments/deployment-targets.ts';
import { UNIQUE_VIOLATION } from '../rest-apis/conflicts.ts';
import { lockApi } from '../rest-apis/rest-apis.repository.ts';
import type { Settle } from './apply-event.ts';
import type { RemoteKey } from './control-plane-event.ts';
import { RefusedByUs } from './remote-deployments.ts';

/** Keys that the control plane gave out. Those made here are never touched from there (reference §7.1 row 24). */
@Injectable()
export class RemoteKeys {
  readonly #dataSource: DataSource;
  readonly #writer: GatewayWriter;

  constructor(@Inject(DataSource) dataSource: DataSource, @Inject(GatewayWriter) writer: GatewayWriter) {
    this.#dataSource = dataSource;
    this.#writer = writer;
  }

  /** A value that changes gets a new id, so that every router refuses the old one for ever. @throws RefusedByUs */
  async put(apiId: string, key: RemoteKey, by: string, settle: Settle): Promise<void> {
    try {
      await this.#write(apiId, settle, async (tx) => {
        const held = await lockKey(tx, apiId, key.name);
        if (held === null) {
          const made = keyRow(apiId, key, by);
          await insertKey(tx, made, key.digest);
          return { message: `Key '${key.name}' is accepted`, removed: [], added: [made.id] };
        }
        refuseOwn(held);
        const id = randomUUID();
        await replaceKeyValue(tx, held.id, { ...key, id });
        return { message: `Key '${key.name}' has its new value`, removed: [held.id], added: [id] };
      });
    } catch (error) {
      const { code } = (error ?? {}) as { code?: unknown };
      if (code === UNIQUE_VIOLATION) throw new RefusedByUs(`Another key has the value of key '${key.name}'`);
      throw error;
    }
  }

  /** An unknown key is revoked already. @throws RefusedByUs */
  async revoke(apiId: string, name: string, settle: Settle): Promise<void> {
    await this.#write(apiId, settle, async (tx) => {
      const held = await lockKey(tx, apiId, name);
      if (held === null) return { message: `Key '${name}' is not there`, removed: [], added: [] };
      refuseOwn(held);
      await deleteKey(tx, held.id);
      return { message: `Key '${name}' is revoked`, removed: [held.id], added: [] };
    });
  }

  async #write(apiId: string, settle: Settle, work: (tx: Db) => Promise<KeyWork>): Promise<void> {
    const reach = async (db: Db) => gatewaysOf(await targetsOfApi(db, apiId));
    await writeReaching({ db: this.#dataSource.manager, writer: this.#writer }, reach, async (tx, reached) => {
      await lockApi(tx, apiId); // whoever deploys it elsewhere waits, and takes this key along
      const gatewayIds = await reached();
      const { message, removed, added } = await work(tx);
      await settle(tx, { state: 'done', message });
      return { result: undefined, changes: gatewayIds.flatMap((id) => keyChanges(id, { removed, served: added })) };
    });
  }
}

interface KeyWork {
  readonly message: string;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}

function refuseOwn({ source, name }: ApiKeyRow): void {
  if (source !== 'control_plane')
    throw new RefusedByUs(`Key '${name}' was made on this gateway; the control plane cannot change it`);
}

function keyRow(apiId: string, { uuid, name, masked, issuer, externalRefId, expiresAt }: RemoteKey, by: string): ApiKeyRow {
  const id = randomUUID();
  const publicId = uuid !== null && UUID.test(uuid) ? uuid.toLowerCase() : id;
  const now = new Date();
  const times = { createdAt: now, updatedAt: now, expiresAt, heldAt: null, generation: 1 };
  const createdBy = by === '' ? 'control-plane' : by;
  return { id, publicId, apiId, name, masked, source: 'control_plane', issuer, externalRefId, createdBy, ...times };
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
