import type { JWTPayload } from 'jose';

import type { JwtAuthParams } from './definition.ts';
import type { KeyManager } from './settings.ts';

type Wanted = Partial<Pick<JwtAuthParams, 'audiences' | 'scopes' | 'claims' | 'requiredScopes' | 'requiredClaims'>>;
type ScopeClaim = Pick<KeyManager, 'scopeclaim' | 'scopeclaimseparator'>;

/** What a verified token must say beside who signed it. Compiled once. */
export function claimTest(params: Wanted): (payload: JWTPayload, manager: ScopeClaim) => boolean {
  const { audiences, scopes, claims, requiredScopes, requiredClaims } = params;
  const allScopes = scopes?.allOf ?? [];
  const anyScope = scopes === undefined ? (requiredScopes ?? []) : scopes.anyOf;
  const deprecated = Object.entries(requiredClaims ?? {}).map(([claim, value]) => ({ claim, values: [value] }));
  const allClaims = claims === undefined ? deprecated : claims.allOf;
  const anyClaim = claims?.anyOf ?? [];
  return (payload, manager) => {
    if (audiences !== undefined && !overlap(listOf(payload.aud), audiences)) return false;
    if (allScopes.length > 0 || anyScope.length > 0) {
      const held = scopesOf(payload, manager);
      if (!allScopes.every((scope) => held.includes(scope))) return false;
      if (anyScope.length > 0 && !overlap(held, anyScope)) return false;
    }
    const holds = ({ claim, values }: { claim: string; values: readonly string[] }) =>
      overlap(listOf(claimOf(payload, claim)), values);
    return allClaims.every(holds) && (anyClaim.length === 0 || anyClaim.some(holds));
  };
}

/** From the manager's claim, or from "scope" (separated by spaces) and "scp" (a list). */
export function scopesOf(payload: JWTPayload, { scopeclaim, scopeclaimseparator }: ScopeClaim): readonly string[] {
  if (scopeclaim !== '') return split(claimOf(payload, scopeclaim), scopeclaimseparator);
  return [...split(payload['scope'], ' '), ...split(payload['scp'], ' ')];
}

/** Own members only: a claim may be named like what an object inherits. */
export function claimOf(payload: JWTPayload, name: string): unknown {
  return Object.hasOwn(payload, name) ? payload[name] : undefined;
}

/** A claim as text for a header; `null` = there is none that could be told. */
export function claimText(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return value === undefined || value === null ? null : JSON.stringify(value);
}

function split(value: unknown, separator: string): readonly string[] {
  return typeof value === 'string' ? value.split(separator).filter((part) => part !== '') : listOf(value);
}

function listOf(value: unknown): readonly string[] {
  const members: readonly unknown[] = Array.isArray(value) ? value : [value];
  return members.filter((member) => ['string', 'number', 'boolean'].includes(typeof member)).map(String);
}

function overlap(held: readonly string[], wanted: readonly string[]): boolean {
  return wanted.some((value) => held.includes(value));
}
