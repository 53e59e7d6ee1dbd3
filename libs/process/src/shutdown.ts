import type { Logger } from './logger.ts';

/**
 * The one owner of SIGTERM and SIGINT. The first signal runs `stop` and then exits 0; a second signal, a `stop` that throws, or
 * `graceMs` running out exits 1.
 */
export function onShutdown(logger: Logger, graceMs: number, stop: (signal: string) => Promise<void>): void {
  let stopping = false;
  const handle = (signal: string): void => {
    if (stopping) {
      logger.warn({ signal }, 'Second signal: exiting at once');
      process.exit(1);
    }
    stopping = true;
    logger.info({ signal, graceMs }, 'Stopping');
    setTimeout(() => {
      logger.error({ graceMs }, 'Did not stop in time: exiting');
      process.exit(1);
    }, graceMs).unref();
    void stopAndExit(signal);
  };
  const stopAndExit = async (signal: string): Promise<void> => {
    try {
      await stop(signal);
      logger.info('Stopped');
      process.exit(0);
    } catch (error) {
      logger.error({ err: error }, 'Stopping failed');
      process.exit(1);
    }
  };
  process.on('SIGTERM', handle);
  process.on('SIGINT', handle);
}
