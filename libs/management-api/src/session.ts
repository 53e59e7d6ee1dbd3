import { z } from 'zod';

import { ROLES } from './roles.ts';

export type SessionRequest = z.output<typeof sessionRequest>;
export type SessionAnswer = z.infer<typeof sessionAnswer>;

/** The header that a write with a session cookie must carry: a page of another origin can send the cookie, but cannot read this. */
export const CSRF_HEADER = 'X-CSRF-Token';

/** POST /session: the credentials of a configured user, exchanged for an HttpOnly cookie. */
export const sessionRequest = z.strictObject({ username: z.string().min(1).max(256), password: z.string().min(1).max(1024) });

/** Who is asking. Without a session (a command line with its own credentials) there is no token, and nothing that expires. */
export const sessionAnswer = z.object({
  status: z.literal('success'),
  user: z.object({ id: z.string(), roles: z.array(z.enum(ROLES)) }),
  csrfToken: z.string().nullable().describe(`Goes into ${CSRF_HEADER} of every write; null without a session`),
  expiresAt: z.iso.datetime().nullable().describe('The latest end of the session; unused ones end earlier'),
});
