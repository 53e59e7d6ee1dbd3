import { z } from 'zod';

import { seededRandom } from './seeded-random.ts';

/** The exchanges a rule can be about; `any` is all of them but `/_control`. */
export const endpoints = [
  'any',
  'well-known',
  'websocket',
  'token',
  'apis',
  'api',
  'swagger',
  'revisions',
  'import',
  'undeploy',
  'internal',
  'admin',
] as const;
export type Endpoint = (typeof endpoints)[number];

/**
 * One way to misbehave. *Before* faults keep the request from being processed; *after* faults let it take effect and then
 * spoil the answer, which is what a client cannot tell from the outside.
 */
export const faultSchema = z.discriminatedUnion('kind', [
  // before
  z.object({
    kind: z.literal('status'),
    status: z.number().int().min(200).max(599),
    retry_after: z.string().optional(),
    body: z.string().optional(),
  }),
  z.object({ kind: z.literal('delay'), ms: z.number().int().min(0).max(600_000) }),
  // processed that much later, whether or not the client still waits
  z.object({ kind: z.literal('late'), ms: z.number().int().min(0).max(600_000) }),
  z.object({ kind: z.literal('hang') }),
  z.object({ kind: z.literal('reset') }),
  // after
  z.object({ kind: z.literal('commit-then-reset') }),
  z.object({ kind: z.literal('commit-then-hang') }),
  z.object({ kind: z.literal('commit-then-status'), status: z.number().int().min(200).max(599) }),
  z.object({ kind: z.literal('garbage') }),
  z.object({ kind: z.literal('slow-body'), ms: z.number().int().min(1).max(600_000) }),
  // websocket only: the session is accepted, the connection.ack never sent
  z.object({ kind: z.literal('no-ack') }),
]);
export type Fault = z.output<typeof faultSchema>;

export const ruleSchema = z.strictObject({
  endpoint: z.enum(endpoints),
  fault: faultSchema,
  /** how many exchanges it takes; absent = until cleared */
  times: z.number().int().min(1).optional(),
  /** exchanges to let pass first */
  after: z.number().int().min(0).default(0),
  /** 0..1; drawn from a generator seeded with `seed`, so that a run can be repeated */
  chance: z.number().min(0).max(1).default(1),
  seed: z.number().int().default(1),
  /** only requests whose line or body holds this text, e.g. an API's name */
  containing: z.string().optional(),
});
export type Rule = z.output<typeof ruleSchema>;

export type RuleBook = {
  add(rule: Rule): number;
  remove(id: number): boolean;
  clear(): void;
  list(): readonly (Rule & { readonly id: number; readonly used: number })[];
  /** The fault for this exchange, from the oldest rule that takes it; null = behave. */
  take(endpoint: Endpoint, holds: (text: string) => boolean): Fault | null;
};

type Entry = { readonly id: number; readonly rule: Rule; readonly random: () => number; seen: number; used: number };

export function createRuleBook(): RuleBook {
  let entries: Entry[] = [];
  let lastId = 0;
  return {
    add(rule) {
      lastId += 1;
      entries.push({ id: lastId, rule, random: seededRandom(rule.seed), seen: 0, used: 0 });
      return lastId;
    },
    remove(id) {
      const before = entries.length;
      entries = entries.filter((entry) => entry.id !== id);
      return entries.length < before;
    },
    clear() {
      entries = [];
    },
    list: () => entries.map(({ id, rule, used }) => ({ ...rule, id, used })),
    take(endpoint, holds) {
      const entry = entries.find((each) => applies(each, endpoint, holds));
      if (entry === undefined) return null;
      entry.used += 1;
      return entry.rule.fault;
    },
  };
}

function applies(entry: Entry, endpoint: Endpoint, holds: (text: string) => boolean): boolean {
  const { rule } = entry;
  if (rule.endpoint !== 'any' && rule.endpoint !== endpoint) return false;
  if (rule.containing !== undefined && !holds(rule.containing)) return false;
  if (rule.times !== undefined && entry.used >= rule.times) return false;
  entry.seen += 1;
  return entry.seen > rule.after && (rule.chance === 1 || entry.random() < rule.chance);
}
