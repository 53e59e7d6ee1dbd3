import 'reflect-metadata';

import { hostname } from 'node:os';

import {
  ConfigError,
  createLogger,
  doctorAsked,
  effectiveConfigAsked,
  effectiveConfigText,
  onShutdown,
  openTracing,
} from '@tidegate/process';
import { collectDefaultMetrics, Registry } from 'prom-client';

import { effectiveSettings, readConfig } from './config.ts';
import { startController } from './controller.ts';
import { dbMigrate } from './database/db-migrate.ts';
import { dbRestored } from './database/db-restored.ts';
import { examineController } from './health/doctor.ts';

const VERSION = '0.1.0';
const DATABASE_COMMANDS = new Map([
  ['migrate', dbMigrate],
  ['restored', dbRestored],
]);

try {
  await run(process.argv.slice(2));
} catch (error) {
  // Nobody serves yet: say what is wrong, all of it, and leave.
  const lines = error instanceof ConfigError ? error.problems : [error instanceof Error ? error.message : String(error)];
  for (const line of lines) process.stderr.write(`gateway-controller: ${line}\n`);
  process.exitCode = 1;
}

/** `[--config FILE]…` runs the controller; `db …`, `config --effective` and `doctor` take the same, do one thing and end. */
async function run(argv: readonly string[]): Promise<void> {
  const files = effectiveConfigAsked(argv);
  if (files !== null) return void process.stdout.write(effectiveConfigText(effectiveSettings(files, process.env)));
  const examined = await doctorAsked(argv, examineController);
  if (examined !== null) return void (process.exitCode = examined);
  if (argv[0] !== 'db') return serve(argv);
  const command = DATABASE_COMMANDS.get(argv[1] ?? '');
  if (command === undefined) throw new Error(`unknown command "db ${argv[1] ?? ''}"; there are "db migrate" and "db restored"`);
  const config = readConfig(argv.slice(2), process.env);
  const logger = createLogger({ name: 'gateway-controller', ...config.log, level: 'warn' });
  process.stdout.write(`${await command(config, logger)}\n`);
}

async function serve(argv: readonly string[]): Promise<void> {
  const config = readConfig(argv, process.env);
  const logger = createLogger({ name: 'gateway-controller', ...config.log });
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const tracing = await openTracing(config.tracing, { name: 'gateway-controller', version: VERSION, instance: hostname() });
  const controller = await startController({ config, logger, registry, tracing });
  onShutdown(logger, config.controller.server.shutdown_timeout, async () => {
    await controller.close();
    await tracing?.close();
  });
}
