import type { Logger } from './logger.ts';

/** Ends the process as a signal would, but with this exit code, and within these ms (else 1). The first end wins. */
export type EndProcess = (cause: string, options: { readonly exitCode: number; readonly graceMs: number }) => void;

/**
 * The one owner of SIGTERM and SIGINT. The first signal runs `stop` and then exits 0; a second signal, a `stop` that throws, or
 * `graceMs` running out exits 1. The answer ends the process without a signal; a signal meanwhile only sets its own `graceMs`.
 */
export function onShutdown(logger: Logger, graceMs: number | (() => number), stop: (cause: string) => Promise<void>): EndProcess {
  let stopping = false;
  let signalled = false;
  const end: EndProcess = (cause, { exitCode, graceMs: withinMs }) => {
    if (stopping) return;
    stopping = true;
    logger.info({ cause, graceMs: withinMs }, 'Stopping');
    exitAfter(withinMs);
    void stopAndExit(cause, exitCode);
  };
  const exitAfter = (withinMs: number): void => {
    setTimeout(() => {
      logger.error({ graceMs: withinMs }, 'Did not stop in time: exiting');
      process.exit(1);
    }, withinMs).unref();
  };
  const stopAndExit = async (cause: string, exitCode: number): Promise<void> => {
    try {
      await stop(cause);
      logger.info('Stopped');
      process.exit(exitCode);
    } catch (error) {
      logger.error({ err: error }, 'Stopping failed');
      process.exit(1);
    }
  };
  const handle = (signal: string): void => {
    const withinMs = typeof graceMs === 'number' ? graceMs : graceMs();
    if (signalled) {
      logger.warn({ signal }, 'Second signal: exiting at once');
      process.exit(1);
    }
    signalled = true;
    if (stopping) exitAfter(withinMs);
    else end(signal, { exitCode: 0, graceMs: withinMs });
  };
  process.on('SIGTERM', handle);
  process.on('SIGINT', handle);
  return end;
}
