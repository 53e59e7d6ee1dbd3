import { z } from 'zod';

export type Verification = z.infer<typeof verification>;
export type VerifiedGateway = z.infer<typeof verifiedGateway>;
export type VerifyQuery = z.output<typeof verifyQuery>;
export type Difference = z.infer<typeof difference>;

const hash = z.string().describe('SHA-256 over all entries, hex');
const count = z.int().min(0);
const version = z.int().min(0);

/** One place where two neighbours of the chain document → controller → router → APIM do not say the same. */
const difference = z.object({
  stage: z.enum(['documents', 'controller', 'router', 'apim']).describe('The side that is not as the one before it'),
  code: z.enum([
    'does_not_compile',
    'not_announced',
    'missing',
    'unwanted',
    'other_content',
    'behind',
    'ahead',
    'rejected',
    'no_router',
    'not_linked',
    'not_synced',
    'in_doubt',
  ]),
  gateway: z.string().nullable().describe('Handle; null for APIM'),
  subject: z.string().describe('A deployment, a key, a router or an API'),
  message: z.string(),
});

const verifiedGateway = z.object({
  id: z.uuid(),
  handle: z.string(),
  epoch: version,
  version,
  documents: z.object({ hash, entries: count }).describe('Compiled anew from what is stored'),
  controller: z.object({ hash, entries: count }).describe('What this controller sends to routers'),
  routers: z.array(
    z.object({
      id: z.string(),
      live: z.boolean().describe('Heard within its lease; others are shown, but not compared'),
      epoch: version,
      version,
      hash: hash.nullable().describe('null = it has said nothing yet'),
      verdict: z.enum(['same', 'other_content', 'behind', 'ahead', 'not_live']),
    }),
  ),
});

export const verifyQuery = z.object({
  since: z.iso.datetime().optional().describe('Name what looks into APIM since then had to mend: `since` of POST /sync/look'),
});

/** GET /verify: the chain from document to APIM, recomputed. */
export const verification = z.object({
  status: z.literal('success'),
  consistent: z.boolean().describe('Nothing differs'),
  checkedAt: z.iso.datetime(),
  gateways: z.array(verifiedGateway),
  apim: z.object({
    state: z.enum(['compared', 'not_configured']),
    apis: count.describe('That APIM should have, deletions that are owed included'),
    same: count,
    looking: count.describe('Being looked at in APIM, or about to be'),
    mended: z.array(z.string()).describe('Where APIM had something else, by looks since the time asked for; it was pushed again'),
  }),
  differences: z.array(difference).describe('The first 1000'),
  total: count,
});
