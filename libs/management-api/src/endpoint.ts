import type { z } from 'zod';

import type { Role } from './roles.ts';

/**
 * One operation of the management API, as data: the controller's access rules, openapi.json and the command line all derive from
 * it, so that what is served and what is documented cannot differ.
 */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Without the base path, written as the controllers' router reads it: `:name` stands for one segment, `::` for a colon. */
  readonly path: string;
  /** camelCase and unique: what generated clients call it */
  readonly operationId: string;
  /** Groups operations in the documentation */
  readonly tag: string;
  readonly summary: string;
  readonly roles: readonly Role[] | 'anyone';
  /** Query parameters; unknown ones are ignored */
  readonly query?: z.ZodObject;
  /** Sent as JSON or YAML. Absent = the operation takes no body */
  readonly body?: z.ZodType;
  /** What the operation does beyond its answer, each with a parameter and answers of its own */
  readonly takes?: readonly ('wait' | 'if-match' | 'idempotency-key')[];
  /** Answers below 400 by status. `null` = without a body; anything that is not JSON is said by its content type */
  readonly answers: Readonly<Record<number, z.ZodType | null | { readonly contentType: string }>>;
  /** Statuses from 400 up that are this operation's own; those that any operation of its kind can answer are added (`statusesOf`) */
  readonly refusals?: readonly number[];
}

/** The statuses an operation may answer, ascending. From 400 up the body is the error envelope. */
export function statusesOf(endpoint: Endpoint): number[] {
  const { method, path, roles, body, query, takes = [], answers, refusals = [] } = endpoint;
  const own = [...Object.keys(answers).map(Number), ...refusals];
  const writes = method !== 'GET';
  const when = (applies: boolean, ...statuses: number[]) => (applies ? statuses : []);
  return [
    ...new Set([
      ...own,
      ...EVERYWHERE,
      ...when(roles !== 'anyone', 401, 403, 429),
      ...when(/(^|\/):[^:]/.test(path), 400, 404, 414),
      ...when(query !== undefined || takes.includes('wait'), 400),
      // The body of an operation that takes none is looked at too: it must be empty or `{}`.
      ...when(writes, 400, 403, 413, 415),
      ...when(body !== undefined, 400),
      ...when(takes.includes('if-match'), 412),
      ...when(takes.includes('idempotency-key'), 409, 422),
    ]),
  ].sort((a, b) => a - b);
}

/** Too slow, a host name that is not ours, headers too large, a mistake of ours, a database that is away */
const EVERYWHERE = [408, 421, 431, 500, 503];
