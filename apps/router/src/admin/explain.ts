import type { AdminAnswer } from '@tidegate/process';
import { explainRoute } from '@tidegate/route-table';
import { z } from 'zod';

import type { LiveTable } from '../policy-host/live-table.ts';

const question = z.strictObject({
  method: z.string().regex(/^[A-Z]{1,16}$/, 'an upper-case method'),
  /** "/path?query" or absolute */
  url: z.string().min(1).max(8192),
  headers: z.record(z.string(), z.string()).default({}),
});

/** `POST /explain {method, url, headers}`: what the table of this moment does with such a request, and why. Nothing is sent. */
export function explain({ live }: { live: LiveTable }, body: string): AdminAnswer {
  const asked = question.safeParse(parsed(body));
  if (!asked.success) return { status: 400, body: { status: 'error', message: z.prettifyError(asked.error) } };
  if (live.table === null) return { status: 503, body: { status: 'error', message: 'There is no table yet' } };
  return { status: 200, body: { version: live.held?.version ?? 0, ...explainRoute(live.table, asked.data) } };
}

/** `undefined` = not JSON: the schema says so. */
function parsed(body: string): unknown {
  try {
    return JSON.parse(body) as unknown;
  } catch {
    return undefined;
  }
}
