import { isDeepStrictEqual } from 'node:util';

import { type Endpoint, ENDPOINTS, errorBody, statusesOf } from '@tidegate/management-api';
import { z } from 'zod';

import { BASE_PATHS } from '../http/access.ts';

interface Answered {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly body: unknown;
}

/**
 * What an answer has that the contract does not say, or the other way round; `null` = it is as documented. Every call of every
 * store test goes through here, so the documentation is tested by whatever tests the server.
 */
export function contractBreach({ method, path, status, body }: Answered): string | null {
  const endpoint = ENDPOINTS.find((one) => one.method === method && matches(one, path));
  // No such route, or not with this method: the common refusals
  if (endpoint === undefined)
    return status < 400 ? `${method} ${path} answers ${status} and is not documented` : errorBreach(body);
  if (!statusesOf(endpoint).includes(status)) return `${endpoint.operationId} answers ${status}, which is not documented`;
  if (status >= 400) return errorBreach(body);
  const answer = endpoint.answers[status];
  if (answer === null) return body === null ? null : `${endpoint.operationId} answers ${status} with a body`;
  return answer instanceof z.ZodType ? bodyBreach(endpoint.operationId, answer, body) : null;
}

function errorBreach(body: unknown): string | null {
  return bodyBreach('an error', errorBody, body);
}

/** Parsing drops what a schema does not know: what is left has to be all there was. */
function bodyBreach(what: string, schema: z.ZodType, body: unknown): string | null {
  const parsed = schema.safeParse(body);
  if (!parsed.success) return `${what} is not as documented: ${z.prettifyError(parsed.error)}`;
  return isDeepStrictEqual(parsed.data, body)
    ? null
    : `${what} has fields that are not documented: ${JSON.stringify(body)} against ${JSON.stringify(parsed.data)}`;
}

function matches({ path: pattern }: Endpoint, target: string): boolean {
  const path = target.split('?', 1)[0] ?? '';
  const base = BASE_PATHS.findLast((one) => path.startsWith(`${one}/`)) ?? '';
  const parts = pattern.replaceAll('::', ':').split('/');
  const segments = path.slice(base.length).split('/');
  return (
    parts.length === segments.length &&
    parts.every((part, at) => (part.startsWith(':') ? segments[at] !== '' : part === segments[at]))
  );
}
