import { randomUUID } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import type { SecretListQuery, SecretRequest } from '@tidegate/management-api';
import { DataSource } from 'typeorm';

import { type GatewayChange, GatewayWriter, type Written } from '../change-log/gateway-writer.ts';
import { writeReaching } from '../change-log/write-reaching.ts';
import { type Db, gatewaysOf } from '../environments/deployment-targets.ts';
import { routeChanges } from '../environments/route-changes.ts';
import { ApiError, badRequest, conflict, notFound } from '../http/api-error.ts';
import { UNIQUE_VIOLATION } from '../rest-apis/conflicts.ts';
import { refuseUnlessMatching } from '../rest-apis/if-match.ts';
import { RouteCheck } from '../rest-apis/route-check.ts';
import { KeyRing } from '../sealing/key-ring.ts';
import { aboutSecret } from '../sealing/template-source.ts';
import { type SecretUser, usersOfSecret } from './secret-users.ts';
import {
  countSecrets,
  deleteSecret,
  findSecret,
  insertSecret,
  listSecrets,
  lockSecret,
  type SecretRow,
  updateSecret,
} from './secrets.repository.ts';

/** Ten megabytes of values at most */
const SECRETS_MAX = 1000;

/** Values that documents name: sealed where they lie, and where they travel. A change reaches whatever names them at once. */
@Injectable()
export class SecretsService {
  readonly #db: Db;
  readonly #writer: GatewayWriter;
  readonly #routes: RouteCheck;
  readonly #ring: KeyRing;

  constructor(
    @Inject(DataSource) dataSource: DataSource,
    @Inject(GatewayWriter) writer: GatewayWriter,
    @Inject(RouteCheck) routes: RouteCheck,
    @Inject(KeyRing) ring: KeyRing,
  ) {
    this.#db = dataSource.manager;
    this.#writer = writer;
    this.#routes = routes;
    this.#ring = ring;
  }

  async list({ search, limit, offset }: SecretListQuery) {
    return { ...(await listSecrets(this.#db, { search, limit, offset })), limit, offset };
  }

  /** @throws ApiError 404 */
  async one(name: string): Promise<{ secret: SecretRow; usedBy: string[] }> {
    const secret = await findSecret(this.#db, name);
    if (secret === null) throw unknownSecret(name);
    return { secret, usedBy: (await usersOfSecret(this.#db, name)).map(({ handle }) => handle) };
  }

  /** @throws ApiError 409 for a taken name, when there are too many, or without a key to seal with */
  async create(request: SecretRequest, createdBy: string): Promise<SecretRow> {
    const id = randomUUID();
    const now = new Date();
    const made = { id, generation: 1, createdBy, createdAt: now, updatedAt: now };
    const row: SecretRow = { ...made, name: request.metadata.name, ...contentOf(request), envelope: this.#seal(id, request) };
    if ((await countSecrets(this.#db)) >= SECRETS_MAX)
      throw conflict('too_many_secrets', `There are ${SECRETS_MAX} secrets, which is as many as are kept`);
    try {
      await insertSecret(this.#db, row);
    } catch (error) {
      throw nameTaken(error, row.name) ?? error;
    }
    return row;
  }

  /**
   * The APIs that use it are made anew in the same transaction; their documents stay as they are. A value that one of them cannot be
   * served with is refused. @throws ApiError 400, 404, 409, 412
   */
  async update(name: string, request: SecretRequest, ifMatch: string | undefined): Promise<Written<SecretRow>> {
    refuseRename(name, request);
    if ((await findSecret(this.#db, name)) === null)
      throw notFound(`secret configuration not found: id=${name}: configuration not found: id=${name}`);
    await this.#refuseBreaking(name, request.spec.value);
    let users: readonly SecretUser[] = [];
    const reach = async (db: Db): Promise<string[]> => {
      users = await usersOfSecret(db, name);
      return [...new Set(users.flatMap(({ targets }) => gatewaysOf(targets)))];
    };
    return writeReaching({ db: this.#db, writer: this.#writer }, reach, async (tx, reached) => {
      const secret = await this.#locked(tx, name, ifMatch);
      // From here on `users` are those of this transaction: nobody new can name a secret whose row is held.
      await reached();
      const changed = { generation: secret.generation + 1, updatedAt: new Date() };
      const row = { ...secret, ...contentOf(request), ...changed, envelope: this.#seal(secret.id, request) };
      await updateSecret(tx, row);
      return { result: row, changes: users.flatMap(routesOf) };
    });
  }

  /** @throws ApiError 404, 409 naming who uses it, 412 */
  async remove(name: string, ifMatch: string | undefined): Promise<void> {
    await this.#writer.write([], async (tx) => {
      const secret = await this.#locked(tx, name, ifMatch);
      const users = await usersOfSecret(tx, name);
      if (users.length > 0) throw secretInUse(name, users);
      await deleteSecret(tx, secret.id);
      return { result: undefined, changes: [] };
    });
  }

  async #locked(tx: Db, name: string, ifMatch: string | undefined): Promise<SecretRow> {
    const secret = await lockSecret(tx, name);
    if (secret === null) throw unknownSecret(name);
    refuseUnlessMatching(ifMatch, secret.generation, 'The secret');
    return secret;
  }

  /** Only what was served until now can be broken by this. */
  async #refuseBreaking(name: string, value: string): Promise<void> {
    for (const { handle, document, targets } of await usersOfSecret(this.#db, name)) {
      if (!(await this.#isServable(document, targets))) continue;
      try {
        await this.#routes.check(document, targets, new Map([[name, value]]));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        const message = `RestAPI '${handle}' cannot be served with this value of secret '${name}'`;
        throw conflict('secret_breaks_api', message, error.errors);
      }
    }
  }

  async #isServable(...[document, targets]: Parameters<RouteCheck['check']>): Promise<boolean> {
    try {
      await this.#routes.check(document, targets);
      return true;
    } catch (error) {
      if (error instanceof ApiError) return false;
      throw error;
    }
  }

  #seal(id: string, { spec }: SecretRequest): string {
    if (this.#ring.current === null) throw conflict('no_encryption_key', NO_KEY);
    return this.#ring.seal(spec.value, aboutSecret(id));
  }
}

const NO_KEY = 'Secrets cannot be kept: there is no key to seal them with; set controller.encryption.providers';

function contentOf({ metadata, spec }: SecretRequest) {
  const { displayName, description = null } = spec;
  return { displayName, description, labels: metadata.labels ?? {}, annotations: metadata.annotations ?? {} };
}

function routesOf({ desiredState, targets }: SecretUser): GatewayChange[] {
  return routeChanges(targets, desiredState === 'undeployed');
}

function refuseRename(name: string, { metadata }: SecretRequest): void {
  if (metadata.name === name) return;
  const message = `secret id in payload ('${metadata.name}') does not match the URL path id ('${name}'): renaming secrets is not supported`;
  throw badRequest('name_mismatch', message, [{ field: 'metadata.name', code: 'name_mismatch', message }]);
}

function unknownSecret(name: string): ApiError {
  return notFound(`configuration not found: id=${name}`);
}

function secretInUse(name: string, users: readonly SecretUser[]): ApiError {
  const named = users.slice(0, 10).map(({ handle }) => handle);
  const more = users.length > named.length ? ` and ${users.length - named.length} more` : '';
  return conflict('secret_in_use', `Secret '${name}' is used by ${named.join(', ')}${more}`);
}

function nameTaken(error: unknown, name: string): ApiError | null {
  const { code, constraint } = (error ?? {}) as { code?: unknown; constraint?: unknown };
  if (code !== UNIQUE_VIOLATION || constraint !== 'secret_name') return null;
  const message = `storage failed: configuration already exists: secret with id '${name}' already exists`;
  return conflict('duplicate_secret', message, [{ field: 'metadata.name', code: 'duplicate', message }]);
}
