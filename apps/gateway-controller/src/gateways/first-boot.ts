import { randomUUID } from 'node:crypto';

import type { Pool, PoolClient } from 'pg';

/** What is there from the first boot on. One installation = one account (decision 28). */
export interface Installation {
  readonly accountId: string;
  /** The gateway named by `controller.server.gateway_id` */
  readonly gatewayId: string;
  readonly gatewayHandle: string;
}

/** Injection token of the Installation: whoever asks for it runs after first boot. */
export const INSTALLATION = Symbol('INSTALLATION');

/**
 * Makes the account, the gateway of that handle and the `default` environment where they are missing. Safe to run at every
 * start and on many replicas at once. An environment that exists is left where its migrations put it.
 */
export async function firstBoot(pool: Pool, gatewayHandle: string): Promise<Installation> {
  const client = await pool.connect();
  let broken = true;
  try {
    await client.query(`BEGIN`);
    await client.query(`SELECT pg_advisory_xact_lock($1)`, [FIRST_BOOT_LOCK]);
    const accountId = await account(client);
    const gatewayId = await gateway(client, accountId, gatewayHandle);
    await client.query(
      `INSERT INTO environment (id, account_id, name, gateway_id) VALUES ($1, $2, 'default', $3)
       ON CONFLICT (account_id, name) DO NOTHING`,
      [randomUUID(), accountId, gatewayId],
    );
    await client.query(
      `INSERT INTO installation (account_id, epoch, system_identifier, timeline)
       SELECT $1, 1, system_identifier::text, timeline_id FROM pg_control_system(), pg_control_checkpoint()
       ON CONFLICT (singleton) DO NOTHING`,
      [accountId],
    );
    await client.query(`COMMIT`);
    broken = false;
    return { accountId, gatewayId, gatewayHandle };
  } finally {
    client.release(broken);
  }
}

/** Any number, as long as every release uses the same. */
const FIRST_BOOT_LOCK = 7_484_502;

async function account(client: PoolClient): Promise<string> {
  await client.query(`INSERT INTO account (id, name) VALUES ($1, 'default') ON CONFLICT (name) DO NOTHING`, [randomUUID()]);
  return idOf(await client.query<{ id: string }>(`SELECT id FROM account WHERE name = 'default'`));
}

async function gateway(client: PoolClient, accountId: string, handle: string): Promise<string> {
  await client.query(
    `INSERT INTO gateway (id, account_id, handle, display_name) VALUES ($1, $2, $3, $3)
     ON CONFLICT (account_id, handle) WHERE deleted_at IS NULL DO NOTHING`,
    [randomUUID(), accountId, handle],
  );
  return idOf(
    await client.query<{ id: string }>(`SELECT id FROM gateway WHERE account_id = $1 AND handle = $2 AND deleted_at IS NULL`, [
      accountId,
      handle,
    ]),
  );
}

function idOf({ rows }: { rows: { id: string }[] }): string {
  const [row] = rows;
  if (row === undefined) throw new Error('First boot: a row that was just made is not there');
  return row.id;
}
