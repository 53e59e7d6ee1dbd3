import { ROLES } from '@tidegate/management-api';
import { durationMs, isLoopback, secret } from '@tidegate/process';
import { z } from 'zod';

export type BasicUser = z.output<typeof basicUser>;
export type IdpSettings = z.output<typeof idp>;

/** `password` is plain text, or with `password_hashed` a bcrypt or argon2id string. */
export const basicUser = z
  .strictObject({
    username: z.string().min(1),
    password: secret(),
    password_hashed: z.boolean().default(false),
    roles: z.array(z.enum(ROLES)).default([]),
  })
  .refine((user) => !user.password_hashed || HASHES.some((form) => form.test(user.password.reveal())), {
    path: ['password'],
    message: 'is no bcrypt ($2a$, $2b$, $2y$) and no argon2id hash, but password_hashed = true',
  });

const HASHES = [/^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/, /^\$argon2id\$v=19\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$/];

/** Console sessions: `lifetime` from sign-in whatever happens, `idle` since the last request. */
const session = z.strictObject({
  lifetime: durationMs().prefault('12h'),
  idle: durationMs().prefault('1h'),
  // The cookie travels over TLS alone; absent = unless the management API listens on loopback
  secure_cookie: z.boolean().optional(),
});

/** An identity provider whose access tokens sign people and machines in (`Authorization: Bearer`). */
const idp = z
  .strictObject({
    enabled: z.boolean().default(false),
    // https, or http on this machine: who can change the answer decides who is an administrator
    jwks_url: z.string().default(''),
    issuer: z.string().default(''),
    // Any of them; none = whatever audience
    audience: z.array(z.string().min(1)).default([]),
    // A claim, or a path to one (`realm_access.roles`)
    roles_claim: z.string().default('roles'),
    // Role of ours → values of the claim; `*` = every token. None = the values are our roles
    role_mapping: z.partialRecord(z.enum(ROLES), z.array(z.string().min(1))).default({}),
  })
  .superRefine((settings, { addIssue }) => {
    if (!settings.enabled) return;
    const wrong = (field: string, message: string) => addIssue({ code: 'custom', path: [field], message });
    if (!isTrustworthy(settings.jwks_url)) wrong('jwks_url', 'must be an https URL (http only on this machine)');
    if (settings.issuer === '') wrong('issuer', 'is required with enabled = true');
    if (settings.roles_claim === '') wrong('roles_claim', 'must not be empty');
    const everyone = Object.values(settings.role_mapping).filter((values) => values.includes('*'));
    if (everyone.length > 1) wrong('role_mapping', '"*" may stand for one role only');
  });

function isTrustworthy(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)));
}

/** `[controller.auth]`: who may sign in, and how. */
export const authSettings = z.strictObject({
  basic: z.strictObject({ enabled: z.boolean().default(true), users: z.array(basicUser).optional() }).prefault({}),
  idp: idp.prefault({}),
  session: session.prefault({}),
});
