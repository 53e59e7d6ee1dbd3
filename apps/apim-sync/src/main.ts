import { ConfigError, createLogger, onShutdown } from '@tidegate/process';

import { readConfig, type SyncConfig } from './config.ts';
import { startApimSync } from './start-apim-sync.ts';

const config = configOrExit();
const logger = createLogger({ name: 'apim-sync', ...config.log });
const app = await startApimSync(config, logger);
// Twice the patience: pushes that do not end in time are aborted and then still reported.
onShutdown(logger, config.apim_sync.shutdown_timeout * 2, () => app.stop());

function configOrExit(): SyncConfig {
  try {
    return readConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}
