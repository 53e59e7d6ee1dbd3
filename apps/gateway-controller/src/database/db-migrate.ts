import type { Logger } from '@tidegate/process';

import type { ControllerConfig } from '../config.ts';
import { migrate } from './data-source.ts';

/**
 * `gateway-controller db migrate`: brings the tables to what this release needs, and ends. For installations whose controllers run
 * with `migrate = "check"`, so that they may do without the right to create tables. Older controllers may serve meanwhile:
 * migrations only add.
 * @returns what was done, to be printed
 */
export async function dbMigrate(config: ControllerConfig, logger: Logger): Promise<string> {
  const applied = await migrate(config.controller.storage.postgres, logger);
  return applied.length === 0
    ? 'Nothing to apply: the schema is up to date'
    : applied.map((name) => `Applied ${name}`).join('\n');
}
