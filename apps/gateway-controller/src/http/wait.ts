import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { badRequest } from './api-error.ts';

/** What the caller of a write wants to wait for, and for how long (decision 20). `null` = the commit alone. */
export interface Wait {
  readonly until: 'programmed' | 'synced';
  readonly timeoutMs: number;
}

const SECONDS_DEFAULT = 5;
const SECONDS_MAX = 30;

/** `?wait=programmed|synced`, `Prefer: wait=<seconds>` (RFC 7240 §4.3), or both: the header alone waits for `programmed`. */
export function parseWait(query: unknown, prefer: string | string[] | undefined): Wait | null {
  const asked = (query as { wait?: unknown } | null)?.wait;
  const seconds = preferredSeconds(prefer);
  if (asked === undefined && seconds === null) return null;
  const until = asked ?? 'programmed';
  if (until !== 'programmed' && until !== 'synced') {
    const message = 'wait must be programmed or synced';
    throw badRequest('invalid_parameter', `Invalid format for parameter wait: ${message}`, [
      { field: 'wait', code: 'invalid', message },
    ]);
  }
  return { until, timeoutMs: Math.min(seconds ?? SECONDS_DEFAULT, SECONDS_MAX) * 1000 };
}

/** A preference that cannot be read is no preference (RFC 7240 §2). */
function preferredSeconds(prefer: string | string[] | undefined): number | null {
  const text = Array.isArray(prefer) ? prefer.join(',') : (prefer ?? '');
  const seconds = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,6})"?\s*(?:$|[,;])/i.exec(text)?.[1];
  return seconds === undefined ? null : Number(seconds);
}

/** `@WaitFor()` in a controller. */
export const WaitFor = createParamDecorator((_: unknown, context: ExecutionContext): Wait | null => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return parseWait(request.query, request.headers.prefer);
});
