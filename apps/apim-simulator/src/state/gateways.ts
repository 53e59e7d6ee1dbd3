import { createHash, randomBytes, randomUUID } from 'node:crypto';

/** A gateway that is registered, which is an environment too. Of its token only the digest is kept. */
export type SimulatedGateway = {
  readonly id: string;
  readonly name: string;
  displayName: string;
  description: string;
  vhost: string;
  permissions: { readonly permissionType: string; readonly roles: readonly string[] };
  tokenDigest: string;
};

/** `<uuidv7>.<43 characters>` (reference §1.10). */
export function newRegistrationToken(nowMs: number): string {
  const time = nowMs.toString(16).padStart(12, '0');
  const random = randomUUID().slice(15);
  return `${time.slice(0, 8)}-${time.slice(8)}-7${random}.${randomBytes(32).toString('base64url')}`;
}

export function tokenDigest(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
