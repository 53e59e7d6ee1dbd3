import { type AccessEntry, jsonLine, textLine } from './access-line.ts';

export interface AccessLog {
  write(entry: AccessEntry): void;
  flush(): void;
}

export interface AccessLogOptions {
  /** Gets whole lines; what it cannot take is its own matter (standard output blocks) */
  readonly sink: (lines: string) => void;
  readonly format: 'json' | 'text';
  /** Wall clock, ms since the epoch */
  readonly now: () => number;
}

/** Lines wait this long, or until there are this many characters, and leave in one write. */
const FLUSH_MS = 200;
const FLUSH_CHARS = 64 * 1024;

/** One line per request, in the order in which they ended. */
export function createAccessLog({ sink, format, now }: AccessLogOptions): AccessLog {
  const line = format === 'json' ? jsonLine : textLine;
  const clock = isoClock();
  let waiting = '';
  let timer: NodeJS.Timeout | null = null;
  const flush = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (waiting === '') return;
    const lines = waiting;
    waiting = '';
    sink(lines);
  };
  return {
    write(entry) {
      waiting += `${line(clock(now()), entry)}\n`;
      if (waiting.length >= FLUSH_CHARS) flush();
      else timer ??= setTimeout(flush, FLUSH_MS).unref();
    },
    flush,
  };
}

/** ISO 8601 with ms; many requests end in the same millisecond, and writing a date costs more than the rest of a line. */
function isoClock(): (ms: number) => string {
  let last = Number.NaN;
  let text = '';
  return (ms) => {
    if (ms !== last) text = new Date((last = ms)).toISOString();
    return text;
  };
}
