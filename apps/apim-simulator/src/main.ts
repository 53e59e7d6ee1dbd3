import { ConfigError, createLogger, loadConfig, onShutdown } from '@tidegate/process';
import { foreignTables, simulatorSchema } from './config.ts';
import { startSimulator } from './start-simulator.ts';

try {
  const config = loadConfig({ schema: simulatorSchema, foreign: foreignTables });
  const logger = createLogger({ name: 'apim-simulator', level: config.log.level, format: config.log.format });
  const running = await startSimulator(config.simulator);
  onShutdown(logger, 5_000, () => running.close());
  logger.info({ host: config.simulator.host, port: running.port, apis: running.apiCount }, 'APIM simulator is listening');
} catch (error) {
  const lines = error instanceof ConfigError ? error.problems : [error instanceof Error ? error.message : String(error)];
  process.stderr.write(`apim-simulator: ${lines.join('\n  ')}\n`);
  process.exitCode = 1;
}
