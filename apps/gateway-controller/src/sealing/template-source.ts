import { hash } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import { secretNamesIn, type TemplateValues } from '@tidegate/rest-api';

import type { ControllerConfig } from '../config.ts';
import type { Db } from '../environments/deployment-targets.ts';
import { conflict } from '../http/api-error.ts';
import { CONFIG } from '../settings.module.ts';
import { isEnvAllowed } from '../settings/secret-settings.ts';
import { KeyRing } from './key-ring.ts';

/** A secret as stored. */
export interface SealedSecret {
  readonly id: string;
  readonly name: string;
  readonly generation: number;
  readonly envelope: string;
}

/** What documents may use, and which state of it that was. */
export interface ReadValues {
  readonly values: TemplateValues;
  /** By name; `null` = there was none */
  readonly generations: ReadonlyMap<string, number | null>;
}

/** Where template expressions get their values: secrets from the database, variables of the environment that configuration allows. */
@Injectable()
export class TemplateSource {
  /** Names what the environment gives, without giving it away: two replicas that differ here make different routes of one document */
  readonly fingerprint: string;
  readonly #ring: KeyRing;
  readonly #env: Readonly<Record<string, string>>;
  readonly #allowed: readonly string[];

  constructor(@Inject(KeyRing) ring: KeyRing, @Inject(CONFIG) { templateEnv, controller }: ControllerConfig) {
    this.#ring = ring;
    this.#env = templateEnv;
    this.#allowed = controller.templates.env;
    this.fingerprint = hash('sha256', JSON.stringify(Object.entries(templateEnv).sort()));
  }

  /** With these secrets and no others. */
  valuesOf(secrets: readonly SealedSecret[]): TemplateValues {
    const known = new Map(secrets.map((secret) => [secret.name, secret]));
    return {
      secret: (name) => {
        const secret = known.get(name);
        return secret === undefined ? null : this.#ring.open(secret.envelope, aboutSecret(secret.id));
      },
      env: (name) => (isEnvAllowed(name, this.#allowed) ? (this.#env[name] ?? '') : null),
    };
  }

  /** What these documents name, as it is now; `changed` stands in for what is stored. */
  async read(db: Db, documents: readonly unknown[], changed: ReadonlyMap<string, string> = new Map()): Promise<ReadValues> {
    const names = [...new Set(documents.flatMap(secretNamesIn))];
    const secrets = names.length === 0 ? [] : await readSecrets(db, names);
    const stored = this.valuesOf(secrets);
    const values = { ...stored, secret: (name: string) => changed.get(name) ?? stored.secret(name) };
    const generations = new Map(names.map((name) => [name, secrets.find((one) => one.name === name)?.generation ?? null]));
    return { values, generations };
  }
}

/** What an envelope is bound to. */
export function aboutSecret(id: string): string {
  return `secret/${id}`;
}

/**
 * None of them changes or goes until the transaction ends. @throws ApiError 409 when one is not as it was read: what was decided
 * was decided about another value
 */
export async function keepSecrets(tx: Db, generations: ReadValues['generations']): Promise<void> {
  if (generations.size === 0) return;
  const kept = await readSecrets(tx, [...generations.keys()], 'FOR SHARE');
  for (const [name, generation] of generations) {
    if ((kept.find((secret) => secret.name === name)?.generation ?? null) === generation) continue;
    throw conflict('secret_changed', `Secret '${name}' was changed meanwhile; try again`);
  }
}

async function readSecrets(db: Db, names: readonly string[], lock = ''): Promise<SealedSecret[]> {
  const rows = await db.query<(Omit<SealedSecret, 'generation'> & { generation: string })[]>(
    `SELECT id, name, generation, envelope FROM secret WHERE name = ANY($1::text[]) ORDER BY name ${lock}`,
    [names],
  );
  return rows.map((row) => ({ ...row, generation: Number(row.generation) }));
}
