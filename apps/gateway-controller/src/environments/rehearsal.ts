import type { Rehearsal } from '@tidegate/management-api';
import { z } from 'zod';

/** What one router of the destination answered; `ok` = null: not yet. */
export interface ProbeAnswer {
  readonly node: string;
  readonly ok: boolean | null;
  /** JSON of the router's report, or why there is none */
  readonly message: string | null;
}

const report = z.object({
  routes: z.int().min(0),
  asked: z.int().min(0),
  problems: z.array(z.object({ api: z.string(), route: z.string(), code: z.enum(['NOT_ROUTED', 'UPSTREAM_UNREACHABLE']) })),
});

/**
 * The answers together; `null` = somebody has not answered. A router of an earlier release that does not know the question says so: it has
 * nothing to report, and stands in nobody's way. Pure.
 */
export function rehearsalOf(answers: readonly ProbeAnswer[], atMs: number): Rehearsal | null {
  if (answers.length === 0 || answers.some(({ ok }) => ok === null)) return null;
  const told = answers.flatMap(({ node, ok, message }) => {
    const parsed = ok === true ? report.safeParse(parseOrNull(message ?? '')) : null;
    return parsed?.success === true ? [{ node, ...parsed.data }] : [];
  });
  return {
    at: new Date(atMs).toISOString(),
    routes: Math.max(0, ...told.map(({ routes }) => routes)),
    asked: Math.max(0, ...told.map(({ asked }) => asked)),
    problems: told.flatMap(({ node, problems }) => problems.map((problem) => ({ node, ...problem }))),
  };
}

/** Why a migration cannot go on after this; `null` = it can. What somebody has taken note of does not hinder. */
export function rehearsalRefusal({ problems }: Rehearsal, acknowledged: readonly string[]): string | null {
  const blocking = problems.find(({ code }) => !acknowledged.includes(code) || code === 'NOT_ROUTED');
  if (blocking === undefined) return null;
  const what = blocking.code === 'NOT_ROUTED' ? 'is not routed' : 'has an upstream that cannot be reached from there';
  return `Rehearsal on node ${blocking.node}: ${blocking.route} of ${blocking.api} ${what}`;
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
