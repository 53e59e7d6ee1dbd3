import type { Logger } from '@tidegate/process';
import { Pool } from 'pg';

import { GatewayWriter } from '../change-log/gateway-writer.ts';
import type { ControllerConfig } from '../config.ts';
import { EpochKeeper } from '../discovery/epoch-keeper.ts';
import { connectionOf } from './connection.ts';
import { connect, dataSourceOptions, settleSchema } from './data-source.ts';

/**
 * `gateway-controller db restored`: an operator says that this database comes from a backup. Starts a new epoch at once, where
 * otherwise a router has to come with proof (architecture.md, "Epoch"). Controllers may run meanwhile, and notice within a second.
 * @returns what was done, to be printed
 * @throws when the database cannot be used, or was never used by a controller
 */
export async function dbRestored(config: ControllerConfig, logger: Logger): Promise<string> {
  const { storage } = config.controller;
  const dataSource = await connect(dataSourceOptions(storage.postgres, logger));
  const pool = new Pool({ ...connectionOf(storage.postgres), max: 2 });
  pool.on('error', (error) => logger.debug({ err: error }, 'Idle database connection lost'));
  try {
    await settleSchema(dataSource, storage, logger);
    const { rows } = await pool.query<Facts>(FACTS);
    const [before] = rows;
    if (before === undefined) throw new Error('There is no installation in this database: nothing was restored into it');
    const epochs = new EpochKeeper(new GatewayWriter(dataSource), pool, logger);
    await epochs.serverChanged();
    return said(before, await epochs.restored(new Date()));
  } finally {
    await pool.end();
    if (dataSource.isInitialized) await dataSource.destroy();
  }
}

interface Facts {
  readonly database: string;
  readonly epoch: string;
  readonly apis: number;
  readonly links: number;
}

const FACTS = `
  SELECT current_database() AS database, epoch, (SELECT count(*)::int FROM api) AS apis, (SELECT count(*)::int FROM apim_link) AS links
  FROM installation`;

function said({ database, epoch: before, apis, links }: Facts, epoch: number): string {
  return [
    `Database "${database}" (${apis} APIs): epoch ${before} ended, epoch ${epoch} started.`,
    '- Every router gets a full listing. One that would lose more than 10 deployments and more than 20 % of them keeps what it',
    '  has until you confirm: look at GET /gateways ("deletionsHeldBy"), then POST /gateways/{id}/confirm-deletions.',
    '- Keys that a router saw revoked after the backup are held (status "held"): DELETE them, or POST …/api-keys/{key}/release.',
    `- ${links} APIs are looked up in APIM before anything is sent there.`,
  ].join('\n');
}
