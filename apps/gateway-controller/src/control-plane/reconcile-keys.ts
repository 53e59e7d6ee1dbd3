import { hash } from 'node:crypto';

import { FROM_LISTING } from './apply-event.ts';
import type { IncomingEvent } from './inbox.ts';
import { arePlausible } from './plausible-removals.ts';
import type { Reconciled } from './reconcile.ts';

/** A key as the control plane lists it. */
export interface ListedKey {
  readonly artifactId: string;
  readonly name: string;
  /** SHA-256, hex */
  readonly sha256: string;
  readonly masked: string;
  readonly externalRefId: string;
  readonly issuer: string;
  /** RFC 3339; '' = never */
  readonly expiresAt: string;
  /** RFC 3339; '' = not said */
  readonly updatedAt: string;
}

/** A key of source control_plane. */
export interface LocalKey {
  readonly remoteId: string;
  readonly name: string;
  readonly sha256: string;
  readonly expiresAt: Date | null;
  readonly updatedAt: Date;
}

/**
 * What has to happen to the control plane's keys for one that lists these, as events of its own kind. Keys made here are not in `local`
 * and so are never touched (reference §7.1 row 24). One that changed here since the list was asked for is left alone. Pure.
 */
export function reconcileKeys(
  listed: readonly ListedKey[],
  local: readonly LocalKey[],
  knownRemoteIds: ReadonlySet<string>,
  askedAt: Date,
): Reconciled {
  const here = new Map(local.map((key) => [keyOf(key.remoteId, key.name), key]));
  const ofOurs = listed.filter(({ artifactId, expiresAt }) => knownRemoteIds.has(artifactId) && !isPast(expiresAt, askedAt));
  const there = new Set(ofOurs.map(({ artifactId, name }) => keyOf(artifactId, name)));
  const changed = ofOurs.filter((key) => !isSame(key, here.get(keyOf(key.artifactId, key.name))));
  const missing = local.filter(({ remoteId, name, updatedAt }) => !there.has(keyOf(remoteId, name)) && updatedAt < askedAt);
  const revoked = missing.map((key) => revoke(key, askedAt));
  const isBelieved = arePlausible(missing.length, local.length, listed.length);
  return {
    events: [
      ...changed.map((key) => put(key, here.has(keyOf(key.artifactId, key.name)), askedAt)),
      ...(isBelieved ? revoked : []),
    ],
    held: isBelieved ? [] : revoked,
  };
}

function keyOf(remoteId: string, name: string): string {
  return `${remoteId} ${name}`;
}

function isPast(expiresAt: string, now: Date): boolean {
  return expiresAt !== '' && new Date(expiresAt) <= now;
}

function isSame({ sha256, expiresAt }: ListedKey, here: LocalKey | undefined): boolean {
  if (here === undefined || here.sha256 !== sha256.toLowerCase()) return false;
  return (here.expiresAt?.getTime() ?? null) === (expiresAt === '' ? null : new Date(expiresAt).getTime());
}

/** Dated by the control plane where it says when, so that a revocation that came after it wins. */
function put(key: ListedKey, isUpdate: boolean, askedAt: Date): IncomingEvent {
  const { artifactId: apiId, name, sha256, masked, externalRefId, issuer, expiresAt, updatedAt } = key;
  const payload = {
    apiId,
    ...(isUpdate ? { keyName: name } : { name }),
    apiKeyHashes: { sha256 },
    ...(masked === '' ? {} : { maskedApiKey: masked }),
    externalRefId,
    issuer,
    ...(expiresAt === '' ? {} : { expiresAt }),
  };
  const performedAt = Number.isNaN(Date.parse(updatedAt)) ? askedAt.toISOString() : updatedAt;
  return eventOf(isUpdate ? 'apikey.updated' : 'apikey.created', apiId, payload, performedAt);
}

function revoke({ remoteId: apiId, name: keyName }: LocalKey, askedAt: Date): IncomingEvent {
  return eventOf('apikey.revoked', apiId, { apiId, keyName }, askedAt.toISOString());
}

function eventOf(eventType: string, subject: string, payload: object, performedAt: string): IncomingEvent {
  const dedupeKey = `${FROM_LISTING}|${eventType}|${hash('sha256', JSON.stringify(payload))}`;
  return { eventType, subject, payload, dedupeKey, correlationId: FROM_LISTING, userId: '', performedAt };
}
