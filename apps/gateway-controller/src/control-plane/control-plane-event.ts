import { z } from 'zod';

import { SUBSCRIPTION_READERS, type SubscriptionEvent } from './subscription-event.ts';

/** An event of the control plane that changes something here (reference §2.2). */
export type ControlPlaneEvent =
  | SubscriptionEvent
  | ({ readonly kind: 'deploy' | 'undeploy' } & Deployment)
  | { readonly kind: 'delete'; readonly remoteId: string }
  | { readonly kind: 'put-key'; readonly remoteId: string; readonly create: boolean; readonly key: RemoteKey }
  | { readonly kind: 'revoke-key'; readonly remoteId: string; readonly keyName: string };

interface Deployment {
  readonly remoteId: string;
  readonly deploymentId: string;
  /** As it came: it is the control plane's concurrency token and goes back unchanged */
  readonly performedAt: string;
}

export interface RemoteKey {
  /** As the control plane's applications name it; null = not said */
  readonly uuid: string | null;
  readonly name: string;
  /** SHA-256 of the key */
  readonly digest: Buffer;
  readonly masked: string;
  readonly issuer: string | null;
  readonly externalRefId: string | null;
  readonly expiresAt: Date | null;
}

export type ReadEvent =
  | { readonly ok: true; readonly event: ControlPlaneEvent }
  /** `unknown`: a type that is nothing to us */
  | { readonly ok: false; readonly unknown: boolean; readonly message: string };

/** Reads a payload. Extra fields are ignored, wrong ones refused. Pure; `now` bounds expiries. */
export function readEvent(type: string, payload: unknown, now: Date): ReadEvent {
  const read = READERS.get(type);
  if (read === undefined) return { ok: false, unknown: true, message: `Event type ${type.slice(0, 100)} is not handled here` };
  const parsed = read(payload, now);
  if (parsed.success) return { ok: true, event: parsed.data };
  const said = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  return { ok: false, unknown: false, message: `The payload of ${type} cannot be used: ${said}`.slice(0, 500) };
}

const id = z.string().regex(/^[A-Za-z0-9._:-]{1,200}$/, 'must be 1 to 200 letters, digits and . _ : -');
const optionalText = z
  .string()
  .max(500)
  .nullish()
  .transform((text) => (text === undefined || text === '' ? null : text));

/** Java's Instant text: 0 to 9 digits of a second's fraction. Kept as it is, since JavaScript would cut it to milliseconds. */
const instant = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/, 'must be RFC 3339');

const deployment = z.object({ apiId: id, deploymentId: id, performedAt: instant });
const keyName = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]$/, 'must be 3 to 63 lower-case letters, digits and hyphens');

/** A string that contains JSON in events, an object in listings; only sha256 is of use. */
const hashes = z.union([z.string().max(2000), z.record(z.string(), z.unknown())]).transform((given, context) => {
  const sha256 = z
    .object({ sha256: z.string().regex(/^[0-9a-fA-F]{64}$/) })
    .safeParse(typeof given === 'string' ? jsonOf(given) : given);
  if (sha256.success) return Buffer.from(sha256.data.sha256, 'hex');
  context.addIssue({ code: 'custom', message: 'must hold a sha256 of 64 hex digits' });
  return z.NEVER;
});

const UNIT_MS = { seconds: 1000, minutes: 60_000, hours: 3_600_000, days: 86_400_000, weeks: 604_800_000, months: 2_592_000_000 };

const expiry = {
  expiresAt: instant.nullish(),
  expiresIn: z
    .object({ duration: z.int().min(1).max(1_000_000), unit: z.enum(['seconds', 'minutes', 'hours', 'days', 'weeks', 'months']) })
    .nullish(),
};

const key = z.object({
  apiId: id,
  apiKeyHashes: hashes,
  maskedApiKey: z.string().max(100).default('****'),
  externalRefId: optionalText,
  issuer: optionalText,
  ...expiry,
});
const created = key.extend({ name: keyName.nullish(), uuid: id.nullish() });
const updated = key.extend({ keyName });
const revoked = z.object({ apiId: id, keyName });

type Reader = (payload: unknown, now: Date) => z.ZodSafeParseResult<ControlPlaneEvent>;

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ...SUBSCRIPTION_READERS,
  ['api.deployed', (payload) => deployment.transform(deploymentOf('deploy')).safeParse(payload)],
  ['api.undeployed', (payload) => deployment.transform(deploymentOf('undeploy')).safeParse(payload)],
  [
    'api.deleted',
    (payload) =>
      z
        .object({ apiId: id })
        .transform(({ apiId }): ControlPlaneEvent => ({ kind: 'delete', remoteId: apiId }))
        .safeParse(payload),
  ],
  [
    'apikey.created',
    (payload, now) =>
      created
        .transform((given, context) =>
          putKey(given, { name: given.name ?? given.uuid ?? '', uuid: given.uuid ?? null, create: true, now }, context),
        )
        .safeParse(payload),
  ],
  [
    'apikey.updated',
    (payload, now) =>
      updated
        .transform((given, context) => putKey(given, { name: given.keyName, uuid: null, create: false, now }, context))
        .safeParse(payload),
  ],
  [
    'apikey.revoked',
    (payload) =>
      revoked
        .transform(({ apiId, keyName: name }): ControlPlaneEvent => ({ kind: 'revoke-key', remoteId: apiId, keyName: name }))
        .safeParse(payload),
  ],
]);

function deploymentOf(kind: 'deploy' | 'undeploy') {
  return ({ apiId, deploymentId, performedAt }: z.output<typeof deployment>): ControlPlaneEvent => ({
    kind,
    remoteId: apiId,
    deploymentId,
    performedAt,
  });
}

function putKey(
  given: z.output<typeof key>,
  {
    name,
    uuid,
    create,
    now,
  }: { readonly name: string; readonly uuid: string | null; readonly create: boolean; readonly now: Date },
  context: z.RefinementCtx,
): ControlPlaneEvent {
  const expiresAt = expiryOf(given, now);
  if (expiresAt !== null && expiresAt <= now)
    context.addIssue({ code: 'custom', path: ['expiresAt'], message: 'is in the past' });
  if (name === '') context.addIssue({ code: 'custom', path: ['name'], message: 'is missing' });
  const { apiKeyHashes: digest, maskedApiKey: masked, issuer, externalRefId } = given;
  return {
    kind: 'put-key',
    remoteId: given.apiId,
    create,
    key: { uuid, name, digest, masked, issuer, externalRefId, expiresAt },
  };
}

function expiryOf({ expiresAt, expiresIn }: z.output<typeof key>, now: Date): Date | null {
  if (expiresAt !== undefined && expiresAt !== null) return new Date(expiresAt);
  return expiresIn ? new Date(now.getTime() + expiresIn.duration * UNIT_MS[expiresIn.unit]) : null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
