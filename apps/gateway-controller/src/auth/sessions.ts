import { createHash, timingSafeEqual } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import type { Pool } from 'pg';

import type { ControllerConfig } from '../config.ts';
import { PG_POOL } from '../database/database.module.ts';
import { newToken, tokenDigest } from '../gateways/token.ts';
import { CONFIG } from '../settings.module.ts';
import type { BasicUser } from '../settings/auth-settings.ts';
import { userNamed } from './passwords.ts';

/** A user's older sessions end beyond this many. */
const SESSIONS_PER_USER_MAX = 50;
/** `last_seen_at` is written at most this often: reading a page costs no write. */
const SEEN_EVERY_MS = 60_000;

export interface OpenSession {
  readonly user: BasicUser;
  readonly expiresAt: Date;
}

/** Sessions of the console, in PostgreSQL, so that any replica knows them. Roles are the configuration's of today, never stored. */
@Injectable()
export class Sessions {
  readonly #pool: Pool;
  readonly #config: ControllerConfig;

  constructor(@Inject(PG_POOL) pool: Pool, @Inject(CONFIG) config: ControllerConfig) {
    this.#pool = pool;
    this.#config = config;
  }

  /** The token is the cookie's value; it is not stored. */
  async open(user: BasicUser): Promise<{ readonly token: string; readonly expiresAt: Date }> {
    const token = newToken('tgs');
    const { rows } = await this.#pool.query<{ expires_at: Date }>(OPEN, [
      tokenDigest(token),
      user.username,
      credentialMark(token, user),
      this.#config.controller.auth.session.lifetime,
    ]);
    await this.#pool.query(END_OLDEST, [user.username, SESSIONS_PER_USER_MAX]);
    return { token, expiresAt: rows[0]?.expires_at ?? new Date() };
  }

  /** `null` = no such session, too old, unused for too long, or its user is no longer who signed in */
  async find(token: string): Promise<OpenSession | null> {
    const { idle } = this.#config.controller.auth.session;
    const { rows } = await this.#pool.query<StoredSession>(FIND, [tokenDigest(token), idle]);
    const [stored] = rows;
    if (stored === undefined) return null;
    const user = userNamed(this.#config.users, stored.user_name);
    if (user === undefined || !timingSafeEqual(stored.credential_mark, credentialMark(token, user))) return null;
    if (stored.seen_ms > SEEN_EVERY_MS) await this.#pool.query(SEEN, [tokenDigest(token)]);
    return { user, expiresAt: stored.expires_at };
  }

  /** Ending one that is not there is no error. */
  async end(token: string): Promise<void> {
    await this.#pool.query('DELETE FROM session WHERE digest = $1', [tokenDigest(token)]);
  }
}

/** What a page has to show with every write. Derived, so that every tab and every replica gets the same. */
export function csrfToken(sessionToken: string): string {
  return createHash('sha256').update(`csrf\0${sessionToken}`).digest('base64url');
}

export function isCsrfToken(presented: string | undefined, sessionToken: string): boolean {
  const expected = Buffer.from(csrfToken(sessionToken));
  const given = Buffer.from(presented ?? '');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Keyed by 256 random bits that are stored nowhere, so a stolen table does not help to guess the password. */
function credentialMark(token: string, user: BasicUser): Buffer {
  return createHash('sha256').update(`${token}\0${user.username}\0${user.password.reveal()}`).digest();
}

interface StoredSession {
  readonly user_name: string;
  readonly credential_mark: Buffer;
  readonly expires_at: Date;
  readonly seen_ms: number;
}

const OPEN = `
  INSERT INTO session (digest, account_id, user_name, credential_mark, expires_at)
  SELECT $1, account_id, $2, $3, now() + $4 * interval '1 millisecond' FROM installation
  RETURNING expires_at`;

const END_OLDEST = `
  DELETE FROM session WHERE digest IN (SELECT digest FROM session WHERE user_name = $1 ORDER BY created_at DESC OFFSET $2)`;

const FIND = `
  SELECT user_name, credential_mark, expires_at, extract(epoch FROM now() - last_seen_at)::float8 * 1000 AS seen_ms
  FROM session
  WHERE digest = $1 AND expires_at > now() AND last_seen_at > now() - $2 * interval '1 millisecond'`;

const SEEN = `UPDATE session SET last_seen_at = now() WHERE digest = $1`;
