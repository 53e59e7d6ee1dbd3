import { Client } from 'pg';

import { plainApi, type StackClient } from '../stack-client.ts';

/**
 * Fills an installation: APIs by SQL, as copies of one that was posted, undeployed so that no router is told of them; gateways by the API.
 * Their names: `copy-1` …, `gateway-1` ….
 */
export async function seedMany(
  client: StackClient,
  database: string,
  { apis, gateways }: { apis: number; gateways: number },
): Promise<void> {
  await client.manage('POST', '/rest-apis', plainApi('Seed'));
  const sql = new Client({ connectionString: database });
  await sql.connect();
  try {
    await sql.query(
      `INSERT INTO api (id, account_id, handle, display_name, version, document, desired_state, origin, created_by, created_at, updated_at)
       SELECT gen_random_uuid(), account_id, 'copy-' || n, 'copy-' || n, version,
         replace(replace(document::text, '/seed', '/copy-' || n), 'Seed', 'copy-' || n)::json,
         'undeployed', origin, created_by, now() - n * interval '1 second', now() - n * interval '1 second'
       FROM api, generate_series(1, $1) AS n WHERE handle = 'Seed'`,
      [apis],
    );
  } finally {
    await sql.end();
  }
  for (let at = 1; at <= gateways; at += 1) await client.manage('POST', '/gateways', { name: `gateway-${at}` });
}
