import type { LoggerService } from '@nestjs/common';
import type { Logger } from '@tidegate/process';

/** Nest's own lines in the one log. What it says at start (routes mapped, modules loaded) is for debugging. */
export function nestLogger(logger: Logger): LoggerService {
  const at =
    (level: 'debug' | 'warn' | 'error') =>
    (message: unknown, ...rest: unknown[]) =>
      logger[level]({ context: rest.at(-1), err: message instanceof Error ? message : undefined }, String(message));
  return { log: at('debug'), debug: at('debug'), verbose: at('debug'), warn: at('warn'), error: at('error'), fatal: at('error') };
}
