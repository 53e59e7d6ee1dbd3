import { hash, randomBytes } from 'node:crypto';

import type { ApiKeyRequest, FieldError } from '@tidegate/management-api';

import { badRequest } from '../http/api-error.ts';

export interface KeyRules {
  readonly min_key_length: number;
  readonly max_key_length: number;
}

/** A key to be stored. `value` is `null` when the caller brought it and knows it. */
export interface NewKey {
  readonly name: string;
  readonly value: string | null;
  /** SHA-256 of the key's UTF-8 bytes, 32 bytes */
  readonly digest: Buffer;
  readonly masked: string;
  readonly source: 'local' | 'external';
  readonly expiresAt: Date | null;
}

/** What a request for a key comes to. @throws ApiError 400 with everything that is wrong */
export function newKey(request: ApiKeyRequest, apiHandle: string, rules: KeyRules, now: Date): NewKey {
  const external = request.apiKey?.trim();
  const expiresAt = expiryOf(request, now);
  const errors = [...lengthErrors(external, rules), ...expiryErrors(expiresAt, now)];
  const [first] = errors;
  if (first !== undefined) throw badRequest('invalid_request', first.message, errors);
  const value = external ?? `apip_${randomBytes(32).toString('hex')}`;
  return {
    name: request.name ?? generatedName(apiHandle),
    value: external === undefined ? value : null,
    digest: hash('sha256', value, 'buffer'),
    masked: displayForm(request, external) ?? maskOf(value),
    source: external === undefined ? 'local' : 'external',
    expiresAt,
  };
}

/** The caller's own short form of an external key, unless it gives the key away. */
function displayForm({ maskedApiKey }: ApiKeyRequest, external: string | undefined): string | null {
  return external === undefined || maskedApiKey === undefined || maskedApiKey.includes(external) ? null : maskedApiKey;
}

/** Enough to tell two keys apart, not enough to use one. */
function maskOf(value: string): string {
  return value.length <= 5 ? '********' : `***${value.slice(-5)}`;
}

const NAME_LENGTH_MAX = 63;

/** `<handle>-key-<8 random>`, cut so that the random part stays. */
function generatedName(apiHandle: string): string {
  const tail = `-key-${randomBytes(4).toString('hex')}`;
  const head = apiHandle
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, NAME_LENGTH_MAX - tail.length)
    .replace(/^-+|-+$/g, '');
  return `${head === '' ? 'api' : head}${tail}`;
}

/** It travels in a header: visible ASCII only. */
function lengthErrors(external: string | undefined, { min_key_length: min, max_key_length: max }: KeyRules): FieldError[] {
  if (external === undefined) return [];
  if (external.length < min || external.length > max) {
    return [{ field: 'apiKey', code: 'invalid_length', message: `apiKey must be ${min}-${max} characters` }];
  }
  return /^[\x21-\x7e]+$/.test(external)
    ? []
    : [{ field: 'apiKey', code: 'invalid_format', message: 'apiKey must be visible ASCII characters without spaces' }];
}

const UNIT_MS = {
  seconds: 1000,
  minutes: 60_000,
  hours: 3_600_000,
  days: 86_400_000,
  weeks: 7 * 86_400_000,
  months: 30 * 86_400_000,
};

/** `expiresAt` wins. */
function expiryOf({ expiresAt, expiresIn }: ApiKeyRequest, now: Date): Date | null {
  if (expiresAt !== undefined && expiresAt !== null) return new Date(expiresAt);
  return expiresIn === undefined || expiresIn === null
    ? null
    : new Date(now.getTime() + expiresIn.duration * UNIT_MS[expiresIn.unit]);
}

/** Four-digit years: what both the database and ISO 8601 write without ado. */
const EXPIRY_MAX_MS = Date.UTC(9999, 0);

function expiryErrors(expiresAt: Date | null, now: Date): FieldError[] {
  if (expiresAt === null) return [];
  if (!(expiresAt.getTime() < EXPIRY_MAX_MS))
    return [{ field: 'expiresIn', code: 'out_of_range', message: 'expiry is too far away' }];
  return expiresAt <= now ? [{ field: 'expiresAt', code: 'in_the_past', message: 'expiresAt must be in the future' }] : [];
}
