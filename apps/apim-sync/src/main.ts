import { ConfigError, createLogger, doctorAsked, effectiveConfigAsked, effectiveConfigText, onShutdown } from '@tidegate/process';

import { effectiveSettings, readConfig } from './config.ts';
import { examineApimSync } from './doctor/examine-apim-sync.ts';
import { startApimSync } from './start-apim-sync.ts';

try {
  const files = effectiveConfigAsked(process.argv.slice(2));
  const examined = await doctorAsked(process.argv.slice(2), examineApimSync);
  if (examined !== null) process.exitCode = examined;
  else if (files === null) await serve();
  else process.stdout.write(effectiveConfigText(effectiveSettings(files, process.env)));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

async function serve(): Promise<void> {
  const config = readConfig();
  const logger = createLogger({ name: 'apim-sync', ...config.log });
  const app = await startApimSync(config, logger);
  // Twice the patience: pushes that do not end in time are aborted and then still reported.
  onShutdown(logger, config.apim_sync.shutdown_timeout * 2, () => app.stop());
}
