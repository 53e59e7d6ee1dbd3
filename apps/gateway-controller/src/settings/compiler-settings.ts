import { isHostPattern } from '@tidegate/rest-api';
import { z } from 'zod';

/** What a document may write there, without the word that stands for this very setting. */
const vhost = z.string().refine((text) => hostsIn(text).every((host) => host !== '_gateway_default_' && isHostPattern(host)), {
  message: 'must be a host name without port, "*.suffix", "prefix*" or "*"',
});

/** `;` between several */
function hostsIn(text: string): string[] {
  return text.split(';').map((host) => host.trim().toLowerCase());
}

/** The rest of `[router]` is the routers'; these are what documents are compiled with. */
export const compilerSettings = z.strictObject({
  policy_merge: z.enum(['override', 'additive']).default('override'),
  upstream: z
    .strictObject({
      /** Networks and addresses that no document may name; routers look at what names resolve to */
      denied_networks: z.array(z.string()).default([]),
    })
    .prefault({}),
  vhosts: z
    .strictObject({
      main: z.strictObject({ default: vhost.default('*') }).prefault({}),
      sandbox: z
        .strictObject({ default: vhost.refine((text) => !text.includes(';'), 'must be one host').default('sandbox-*') })
        .prefault({}),
    })
    .prefault({})
    .refine(({ main, sandbox }) => !hostsIn(main.default).includes(hostsIn(sandbox.default)[0] ?? ''), {
      path: ['sandbox', 'default'],
      message: 'is also a default of router.vhosts.main; they must differ',
    }),
});
