import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import type { ApiKeyRequest } from '@tidegate/management-api';
import { DataSource } from 'typeorm';

import { GatewayWriter, type Written } from '../change-log/gateway-writer.ts';
import type { ControllerConfig } from '../config.ts';
import type { Db } from '../environments/deployment-targets.ts';
import type { Caller } from '../http/access.ts';
import { ApiError, conflict, notFound } from '../http/api-error.ts';
import { refuseUnlessMatching } from '../rest-apis/if-match.ts';
import { type ApiRow, findApi } from '../rest-apis/rest-apis.repository.ts';
import { CONFIG } from '../settings.module.ts';
import {
  type ApiKeyRow,
  countActiveKeys,
  deleteKey,
  insertKey,
  keyNameExists,
  listKeys,
  lockKey,
  releaseKey,
} from './api-keys.repository.ts';
import { changeKeys, type KeyChange, keyNameTaken, lostKeyRace } from './change-keys.ts';
import { type NewKey, newKey } from './new-key.ts';

export interface CreatedKey {
  readonly key: ApiKeyRow;
  readonly value: string | null;
  readonly quotaLeft: number;
}

/** Keys belong to an API and travel to every gateway that serves it, on the same counter as its routes. */
@Injectable()
export class ApiKeysService {
  readonly #db: Db;
  readonly #writer: GatewayWriter;
  readonly #rules: ControllerConfig['api_key'];

  constructor(
    @Inject(DataSource) dataSource: DataSource,
    @Inject(GatewayWriter) writer: GatewayWriter,
    @Inject(CONFIG) config: ControllerConfig,
  ) {
    this.#db = dataSource.manager;
    this.#writer = writer;
    this.#rules = config.api_key;
  }

  /** @throws ApiError 404; a database that cannot be read is never a 404 */
  async apiOf(apiId: string): Promise<ApiRow> {
    const api = await findApi(this.#db, apiId);
    if (api === null) throw notFound(`configuration not found: API configuration handle '${apiId}' not found`);
    return api;
  }

  /** @throws ApiError 400, 404, 409 for a taken name or value, 429 over quota */
  async create(api: ApiRow, request: ApiKeyRequest, caller: Caller): Promise<Written<CreatedKey>> {
    const made = newKey(request, api.handle, this.#rules, new Date());
    const key = keyRow(api, request, made, caller);
    try {
      return await this.#change(api, async (tx) => {
        const held = await countActiveKeys(tx, api.id, caller.id);
        if (held >= this.#rules.api_keys_per_user_per_api) throw overQuota(this.#rules.api_keys_per_user_per_api);
        if (await keyNameExists(tx, api.id, key.name)) throw keyNameTaken(key.name, api);
        await insertKey(tx, key, made.digest);
        const quotaLeft = this.#rules.api_keys_per_user_per_api - held - 1;
        return { result: { key, value: made.value, quotaLeft }, served: [key.id] };
      });
    } catch (error) {
      throw lostKeyRace(error, key.name, api) ?? error;
    }
  }

  /** An admin and a viewer see all keys, others their own. */
  async list(api: ApiRow, caller: Caller, paging: { limit: number; offset: number }) {
    const seesAll = caller.roles.some((role) => role === 'admin' || role === 'viewer');
    return { ...(await listKeys(this.#db, api.id, { createdBy: seesAll ? null : caller.id, ...paging })), ...paging };
  }

  /** An unknown key is revoked already. @throws ApiError 403 for another's key; any failure to look is a failure */
  async revoke(api: ApiRow, key: string, caller: Caller, ifMatch?: string): Promise<Written<void>> {
    return this.#change(api, async (tx) => {
      const found = await lockKey(tx, api.id, key);
      if (found === null) return { result: undefined };
      if (found.createdBy !== caller.id && !caller.roles.includes('admin')) throw notYours();
      refuseUnlessMatching(ifMatch, found.generation, 'The API key');
      await deleteKey(tx, found.id);
      return { result: undefined, removed: [found.id] };
    });
  }

  /**
   * A held key is good after all. Routers refuse an id for ever once they saw it removed, also those that are away just now: it
   * comes back under a new one. Deleting it is the other answer. @throws ApiError 404, 409 for a key that is not held
   */
  async release(api: ApiRow, key: string): Promise<Written<ApiKeyRow>> {
    return this.#change(api, async (tx) => {
      const found = await lockKey(tx, api.id, key);
      if (found === null) throw notFound(`API key '${key}' not found for API '${api.handle}'`);
      if (found.heldAt === null) throw conflict('not_held', `API key '${found.name}' is not held: it is served already`);
      const result = await releaseKey(tx, found.id, randomUUID());
      return { result, served: [result.id] };
    });
  }

  #change<T>(api: ApiRow, work: (tx: Db) => Promise<KeyChange<T>>): Promise<Written<T>> {
    return changeKeys({ db: this.#db, writer: this.#writer }, api, work);
  }
}

function keyRow(api: ApiRow, request: ApiKeyRequest, made: NewKey, caller: Caller): ApiKeyRow {
  const now = new Date();
  const id = randomUUID();
  return {
    id,
    publicId: id,
    apiId: api.id,
    name: made.name,
    masked: made.masked,
    source: made.source,
    issuer: request.issuer === undefined || request.issuer === '' ? null : request.issuer,
    externalRefId: request.externalRefId ?? null,
    createdBy: caller.id,
    createdAt: now,
    updatedAt: now,
    expiresAt: made.expiresAt,
    heldAt: null,
    generation: 1,
  };
}

export function overQuota(most: number): ApiError {
  return new ApiError(429, 'quota_exceeded', `A user holds at most ${most} active keys of one API; revoke one first`);
}

function notYours(): ApiError {
  return new ApiError(403, 'not_owner', 'Only the creator of an API key or an admin may revoke it');
}
