import type { RestApiSort } from '@tidegate/management-api';

import type { Db } from '../environments/deployment-targets.ts';
import { API_COLUMNS, type ApiRow, apiRow, type StoredApi } from './rest-apis.repository.ts';

export interface ApiFilter {
  readonly displayName: string | null;
  readonly version: string | null;
  /** Compared with the context after `$version` is replaced */
  readonly context: string | null;
  readonly state: string | null;
  readonly origin: string | null;
  /** All of them must be there, with these values */
  readonly labels: Readonly<Record<string, string>>;
  /** Somewhere in handle, name or context, in any case */
  readonly search: string | null;
}

export interface ApiPage {
  readonly sort: RestApiSort;
  readonly limit: number;
  readonly offset: number;
}

/** `total` counts what the filter lets through, without paging. Equal ones stand in the order of their ids, so that pages do not overlap. */
export async function listApis(db: Db, filter: ApiFilter, page: ApiPage): Promise<{ apis: ApiRow[]; total: number }> {
  const matching = [
    filter.displayName,
    filter.version,
    filter.context,
    filter.state,
    filter.origin,
    JSON.stringify(filter.labels),
    filter.search === null ? null : `%${filter.search.replace(/[\\%_]/g, '\\$&')}%`,
  ];
  const rows = await db.query<StoredApi[]>(
    `SELECT ${API_COLUMNS} FROM api WHERE ${MATCHING} ORDER BY ${orderOf(page.sort)}, id LIMIT $8 OFFSET $9`,
    [...matching, page.limit, page.offset],
  );
  const [counted] = await db.query<{ total: string }[]>(`SELECT count(*) AS total FROM api WHERE ${MATCHING}`, matching);
  return { apis: rows.map(apiRow), total: Number(counted?.total) };
}

/** Of our own APIs those that carry all the labels, by name. */
export async function handlesWithLabels(db: Db, labels: Readonly<Record<string, string>>): Promise<string[]> {
  const rows = await db.query<{ handle: string }[]>(
    `SELECT handle FROM api WHERE account_id = (SELECT account_id FROM installation) AND origin = 'gateway_api' AND labels @> $1::jsonb
     ORDER BY handle`,
    [JSON.stringify(labels)],
  );
  return rows.map(({ handle }) => handle);
}

/** Written here, never taken from a request. */
const COLUMN_OF = {
  name: 'handle',
  displayName: 'display_name',
  version: 'version',
  context: 'context',
  status: 'desired_state',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
} as const;

function orderOf(sort: RestApiSort): string {
  const descending = sort.startsWith('-');
  const column = COLUMN_OF[(descending ? sort.slice(1) : sort) as keyof typeof COLUMN_OF];
  return `${column} ${descending ? 'DESC' : 'ASC'}`;
}

const MATCHING = `account_id = (SELECT account_id FROM installation)
  AND ($1::text IS NULL OR display_name = $1)
  AND ($2::text IS NULL OR version = $2)
  AND ($3::text IS NULL OR context = $3)
  AND ($4::text IS NULL OR desired_state = $4)
  AND ($5::text IS NULL OR origin = $5)
  AND ($6::jsonb = '{}' OR labels @> $6)
  AND ($7::text IS NULL OR handle ILIKE $7 OR display_name ILIKE $7 OR context ILIKE $7)`;
