import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino';

export type { Logger };

export interface LoggerOptions {
  /** the process: `gateway-controller`, `router`, … */
  readonly name: string;
  readonly level: 'debug' | 'info' | 'warn' | 'error';
  /** json = one object per line; text = for people */
  readonly format: 'json' | 'text';
  /** default: standard output, written synchronously so that the last line before a crash is not lost */
  readonly destination?: DestinationStream;
}

/** A `Secret` anywhere in a logged object prints as `***` because it serialises itself; there is no list of paths to keep up to date. */
export function createLogger(options: LoggerOptions): Logger {
  const destination = options.destination ?? pino.destination({ fd: 1, sync: true });
  return pino(
    {
      level: options.level,
      base: { name: options.name },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    options.format === 'json' ? destination : textLines(destination),
  );
}

function textLines(destination: DestinationStream): DestinationStream {
  return { write: (line) => destination.write(asText(line)) };
}

/** `2026-01-01T00:00:00.000Z INFO  router  message key=value`, an error's stack on the lines below. */
function asText(line: string): string {
  const { time, level, name, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown>; // pino's own line, just serialised
  const fields = Object.entries(rest).map(
    ([key, value]) => ` ${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const stack = typeof err === 'object' && err !== null && 'stack' in err ? `\n${String(err.stack)}` : '';
  return `${String(time)} ${String(level).toUpperCase().padEnd(5)} ${String(name)}  ${typeof msg === 'string' ? msg : ''}${fields.join('')}${stack}\n`;
}
