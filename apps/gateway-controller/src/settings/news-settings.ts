import { secret } from '@tidegate/process';
import { z } from 'zod';

/** Of a key that nobody should find by trying. */
const WEBHOOK_SECRET_LENGTH_MIN = 16;

/** Who is told, and of what: a type ("sync.failed"), all of a family ("sync"), or "*". */
const webhookEndpoint = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9._-]{1,64}$/),
  url: z.url({ protocol: /^https?$/ }),
  // Of the signature
  secret: secret().refine(
    (given) => given.reveal().length >= WEBHOOK_SECRET_LENGTH_MIN,
    `must have at least ${WEBHOOK_SECRET_LENGTH_MIN} characters`,
  ),
  events: z.array(z.string().min(1)).default(['*']),
  // May lie on a private network or this machine, and be plain http
  allow_private: z.boolean().default(false),
});

/** `[controller.webhooks]` */
export const webhookSettings = z.strictObject({
  endpoints: z
    .array(webhookEndpoint)
    .max(20)
    .refine((list) => new Set(list.map(({ name }) => name)).size === list.length, 'must have different names')
    .default([]),
});

/** `[controller.notifications]`: what subscribers are sent. */
export const notificationSettings = z.strictObject({
  // Signs the webhooks of subscriptions (at least 32 characters); "" = derived from controller.sync.token
  signing_key: secret()
    .prefault('')
    .refine((key) => key.reveal() === '' || key.reveal().length >= 32, 'must have at least 32 characters'),
  smtp: z
    .strictObject({
      /** "" = no mail is sent, and nobody can subscribe to any */
      host: z.string().default(''),
      port: z.int().min(1).max(65_535).default(587),
      /** TLS from the first byte, as on port 465; else STARTTLS where the server offers it */
      secure: z.boolean().default(false),
      /** Without STARTTLS nothing is sent */
      require_tls: z.boolean().default(true),
      user: z.string().default(''),
      password: secret().prefault(''),
      from: z.string().default('Tidegate <tidegate@localhost>'),
    })
    .prefault({}),
});
