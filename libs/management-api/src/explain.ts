import { z } from 'zod';

export type ExplainQuestion = z.output<typeof explainQuestion>;
export type ExplainAnswer = z.infer<typeof explainAnswer>;

/** POST /explain: what would a gateway's routers do with this request? Nothing is sent anywhere. */
export const explainQuestion = z.strictObject({
  gateway: z.string().max(200).optional().describe('Handle or uuid; may be absent where there is only one'),
  method: z
    .string()
    .regex(/^[A-Za-z]{1,20}$/)
    .default('GET'),
  url: z.string().min(1).max(8192).describe('"/path?query", or absolute: then its host stands for a missing Host header'),
  headers: z
    .record(z.string().max(256), z.string().max(8192))
    .refine((headers) => Object.keys(headers).length <= 100, 'at most 100 headers')
    .default({}),
});

const ms = z.number().nullable().describe('0 = no bound, null = the router’s default');

export const explainAnswer = z.object({
  status: z.literal('success'),
  gateway: z.object({ id: z.uuid(), version: z.int() }),
  outcome: z
    .enum(['refused', 'not-found', 'unavailable', 'routed'])
    .describe('refused: 400 before any routing; unavailable: 503, the API could not be built; policies are named, not run'),
  why: z.string(),
  host: z.string(),
  path: z.string().nullable(),
  vhost: z.string().nullable(),
  route: z
    .object({
      id: z.string(),
      method: z.string(),
      operationPath: z.string(),
      api: z.string(),
      apiVersion: z.string(),
      context: z.string(),
      environment: z.string(),
      deploymentId: z.string(),
    })
    .nullable(),
  policies: z.array(z.object({ name: z.string(), version: z.string(), level: z.enum(['api', 'operation']) })),
  upstream: z
    .object({
      name: z.string(),
      target: z.string(),
      hostRewrite: z.enum(['auto', 'manual']),
      targets: z.array(z.object({ url: z.string(), weight: z.number() })),
      timeoutMs: ms,
      idleTimeoutMs: ms,
    })
    .nullable(),
  candidates: z.array(
    z.object({
      route: z.string(),
      deploymentId: z.string(),
      verdict: z.enum(['chosen', 'outranked', 'other-method', 'headers-do-not-fit']),
      why: z.string(),
    }),
  ),
});
