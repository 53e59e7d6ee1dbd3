import 'reflect-metadata';

import { ConfigError, createLogger, onShutdown } from '@tidegate/process';
import { Registry } from 'prom-client';

import { readConfig } from './config.ts';
import { startController } from './controller.ts';

try {
  const config = readConfig(process.argv.slice(2), process.env);
  const logger = createLogger({ name: 'gateway-controller', ...config.log });
  const controller = await startController({ config, logger, registry: new Registry() });
  onShutdown(logger, config.controller.server.shutdown_timeout, () => controller.close());
} catch (error) {
  // Nobody serves yet: say what is wrong, all of it, and leave.
  const lines = error instanceof ConfigError ? error.problems : [error instanceof Error ? error.message : String(error)];
  for (const line of lines) process.stderr.write(`gateway-controller: ${line}\n`);
  process.exitCode = 1;
}
