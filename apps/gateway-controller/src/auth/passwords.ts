import { argon2 as argon2Callback, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { BasicUser } from '../settings/auth-settings.ts';

import { compare } from 'bcryptjs';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/**
 * Checks credentials against the configured users: `null` = not theirs. User names compare without case; the user comes back in
 * the configured spelling.
 */
export function passwordCheck(users: readonly BasicUser[]): (presented: Credentials) => Promise<BasicUser | null> {
  const known = rememberedChecks();
  return async ({ username, password }) => {
    const named = userNamed(users, username);
    // An unknown name costs the same check as a known one, so that time tells nothing about who exists.
    const checked = named ?? users[0];
    return checked !== undefined && (await known(checked, password)) && named !== undefined ? named : null;
  };
}

export function userNamed(users: readonly BasicUser[], name: string): BasicUser | undefined {
  return users.find((user) => user.username.toLowerCase() === name.toLowerCase());
}

/** What an `Authorization: Basic …` header carries; `null` = it is none, or cannot be read */
export function basicCredentials(authorization: string | undefined): Credentials | null {
  const encoded = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return null;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon === -1 ? null : { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

const REMEMBERED_MAX = 1000;

/**
 * Slow hashes are meant for a stolen file, not for every request: a password that passed is remembered for the life of the
 * process, by a digest under a key of this process. Wrong ones are never remembered.
 */
function rememberedChecks(): (user: BasicUser, password: string) => Promise<boolean> {
  const key = randomBytes(32);
  const passed = new Set<string>();
  return async (user, password) => {
    if (!user.password_hashed) return sameText(password, user.password.reveal(), key);
    const mark = createHmac('sha256', key).update(`${user.username}\0${password}`).digest('base64');
    if (passed.has(mark)) return true;
    const right = await matchesHash(password, user.password.reveal());
    if (right && passed.size >= REMEMBERED_MAX) passed.clear();
    if (right) passed.add(mark);
    return right;
  };
}

/** Compares digests, which have one length whatever the texts are. */
function sameText(a: string, b: string, key: Buffer): boolean {
  const digest = (text: string) => createHmac('sha256', key).update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

async function matchesHash(password: string, hash: string): Promise<boolean> {
  return hash.startsWith('$argon2id$') ? matchesArgon2(password, hash) : compare(password, hash);
}

const argon2 = promisify(argon2Callback);

/** PHC string: `$argon2id$v=19$m=<KiB>,t=<passes>,p=<lanes>$<salt>$<tag>`, base64 without padding. */
async function matchesArgon2(password: string, phc: string): Promise<boolean> {
  const fields = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/.exec(phc);
  if (fields === null) return false;
  const tag = Buffer.from(fields[5] as string, 'base64');
  const computed = await argon2('argon2id', {
    message: password,
    nonce: Buffer.from(fields[4] as string, 'base64'),
    parallelism: Number(fields[3]),
    tagLength: tag.length,
    memory: Number(fields[1]),
    passes: Number(fields[2]),
  });
  return timingSafeEqual(tag, computed);
}
