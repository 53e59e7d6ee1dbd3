import { writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';

import { ConfigError, createLogger, doctorAsked, effectiveConfigAsked, effectiveConfigText } from '@tidegate/process';

import { examineRouter } from './admin/doctor.ts';
import { createLogRing } from './commands/log-ring.ts';
import { type Config, effectiveSettings, readConfig } from './config.ts';
import { runRouter } from './run-router.ts';
import { chooseRuntime, IMAGE_VERSION_VARIABLE } from './runtime/choose-runtime.ts';
import { RUNTIME_VERSION } from './version.ts';
import type { WorkerStart } from './workers/messages.ts';
import { runWorker } from './workers/run-worker.ts';

/** This code, or a released one that users have chosen for this gateway: in this process, as if it had been started itself. */
async function start(config: Config): Promise<void> {
  const choice = await chooseRuntime(config, process.env);
  if (choice.run === 'bundle') {
    process.env[IMAGE_VERSION_VARIABLE] = RUNTIME_VERSION;
    await import(pathToFileURL(choice.path).href);
    return;
  }
  const ring = createLogRing((lines) => void process.stdout.write(lines));
  const logger = createLogger({ name: 'router', ...config.log, destination: ring });
  if (choice.warning !== null) logger.error(choice.warning);
  await runRouter(config, { logger, ring, entry: new URL(import.meta.url) });
}

async function main(): Promise<void> {
  try {
    const files = effectiveConfigAsked(process.argv.slice(2));
    const examined = await doctorAsked(process.argv.slice(2), examineRouter);
    if (examined !== null) process.exitCode = examined;
    else if (files === null) await start(readConfig());
    else process.stdout.write(effectiveConfigText(effectiveSettings(files, process.env)));
  } catch (error) {
    const text =
      error instanceof ConfigError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error);
    writeSync(2, `${text}\n`);
    process.exit(1);
  }
}

// A thread of this process that serves beside others.
if (parentPort === null) await main();
else runWorker(parentPort, workerData as WorkerStart);
