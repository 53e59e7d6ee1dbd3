import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import type { ApiKeyRegeneration, ApiKeyUpdate } from '@tidegate/management-api';
import { DataSource } from 'typeorm';

import { GatewayWriter, type Written } from '../change-log/gateway-writer.ts';
import type { ControllerConfig } from '../config.ts';
import type { Db } from '../environments/deployment-targets.ts';
import type { Caller } from '../http/access.ts';
import { ApiError, badRequest, notFound } from '../http/api-error.ts';
import { refuseUnlessMatching } from '../rest-apis/if-match.ts';
import type { ApiRow } from '../rest-apis/rest-apis.repository.ts';
import { CONFIG } from '../settings.module.ts';
import { type ApiKeyRow, countActiveKeys, lockKey, replaceKeyValue } from './api-keys.repository.ts';
import { type CreatedKey, overQuota } from './api-keys.service.ts';
import { changeKeys, lostKeyRace } from './change-keys.ts';
import { newKey } from './new-key.ts';

/** Who writes, and the state of the key that is meant. */
interface Writer {
  readonly caller: Caller;
  readonly ifMatch: string | undefined;
}

/**
 * Another value for a key whose name and uuid stay. Old and new change places in one transaction, so no moment has both or neither;
 * the old one is removed under an id of its own, which makes its refusal as durable as a revocation.
 */
@Injectable()
export class KeyRotationService {
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

  /** A value of ours, shown once to the key's creator. @throws ApiError 400 for an expiry in the past, 403, 404, 429 */
  regenerate(api: ApiRow, key: string, request: ApiKeyRegeneration, { caller, ifMatch }: Writer): Promise<Written<CreatedKey>> {
    return this.#replace(api, key, async (tx, found) => {
      refuseStrangers(found, caller);
      refuseUnlessMatching(ifMatch, found.generation, 'The API key');
      const now = new Date();
      const made = newKey(withExpiry(request, found), api.handle, this.#rules, now);
      const held = await countActiveKeys(tx, api.id, found.createdBy);
      const others = held - (isActive(found, now) ? 1 : 0);
      const most = this.#rules.api_keys_per_user_per_api;
      if (others >= most) throw overQuota(most);
      const { issuer, externalRefId } = found;
      const stored = {
        id: randomUUID(),
        digest: made.digest,
        masked: made.masked,
        issuer,
        externalRefId,
        expiresAt: made.expiresAt,
      };
      const row = await replaceKeyValue(tx, found.id, stored);
      return { row, result: { key: row, value: made.value, quotaLeft: most - others - 1 } };
    });
  }

  /** A value that its creator brings, for a key that was brought. @throws ApiError 400, 403, 404, 409 for a taken value */
  update(api: ApiRow, key: string, request: ApiKeyUpdate, { caller, ifMatch }: Writer): Promise<Written<ApiKeyRow>> {
    return this.#replace(
      api,
      key,
      async (tx, found) => {
        refuseStrangers(found, caller);
        refuseUnlessMatching(ifMatch, found.generation, 'The API key');
        if (found.source === 'local') throw onlyExternal();
        if (request.name !== undefined && request.name !== found.name) throw nameMismatch(found.name, request.name);
        const made = newKey({ ...request, name: found.name }, api.handle, this.#rules, new Date());
        const row = await replaceKeyValue(tx, found.id, {
          id: randomUUID(),
          digest: made.digest,
          masked: made.masked,
          issuer: request.issuer === undefined || request.issuer === '' ? found.issuer : request.issuer,
          externalRefId: request.externalRefId ?? found.externalRefId,
          expiresAt: made.expiresAt,
        });
        return { row, result: row };
      },
      NOTHING_TO_MAKE_ONE_OF,
    );
  }

  async #replace<T>(
    api: ApiRow,
    key: string,
    work: (tx: Db, found: ApiKeyRow) => Promise<{ row: ApiKeyRow; result: T }>,
    missingNote = '',
  ): Promise<Written<T>> {
    try {
      return await changeKeys({ db: this.#db, writer: this.#writer }, api, async (tx) => {
        const found = await lockKey(tx, api.id, key);
        if (found === null)
          throw notFound(`configuration not found: API key '${key}' not found for API '${api.handle}'${missingNote}`);
        const { row, result } = await work(tx, found);
        return { result, removed: [found.id], served: [row.id] };
      });
    } catch (error) {
      throw lostKeyRace(error, key, api) ?? error;
    }
  }
}

const NOTHING_TO_MAKE_ONE_OF = ' and no api_key value provided to create one';

/** What is asked wins over what the key has; an expiry that has passed must be renewed by word. */
function withExpiry(request: ApiKeyRegeneration, { expiresAt }: ApiKeyRow) {
  const asked = (request.expiresAt ?? null) !== null || (request.expiresIn ?? null) !== null;
  return asked || expiresAt === null ? request : { ...request, expiresAt: expiresAt.toISOString() };
}

function isActive({ expiresAt }: ApiKeyRow, now: Date): boolean {
  return expiresAt === null || expiresAt > now;
}

/** Not even an admin: whoever gives a key its value knows it. */
function refuseStrangers({ createdBy }: ApiKeyRow, caller: Caller): void {
  if (createdBy !== caller.id) throw new ApiError(403, 'not_owner', 'Only the creator of an API key may give it another value');
}

function onlyExternal(): ApiError {
  return badRequest(
    'not_external',
    'operation not allowed: updates are only allowed for externally generated API keys. For locally generated keys, please use the regenerate endpoint to create a new key',
  );
}

function nameMismatch(name: string, asked: string): ApiError {
  const message = `name mismatch: the key is '${name}', the body says '${asked}'; keys cannot be renamed`;
  return badRequest('name_mismatch', message, [{ field: 'name', code: 'name_mismatch', message }]);
}
