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
const FLUSH_BYTES = 64 * 1024;

/**
 * One line per request, in the order in which they ended. Waiting lines are bytes, of ASCII (access-line.ts): a text that grows line by line is a tree of
 * all its pieces, which the garbage collector copies around until it is written.
 */
export function createAccessLog({ sink, format, now }: AccessLogOptions): AccessLog {
  const line = format === 'json' ? jsonLine : textLine;
  const clock = isoClock();
  const waiting = Buffer.allocUnsafeSlow(FLUSH_BYTES);
  let used = 0;
  let timer: NodeJS.Timeout | null = null;
  const flush = (): void => {
    if (timer !== null) clearTimeout(timer);
    timer = null;
    if (used === 0) return;
    const lines = waiting.toString('latin1', 0, used);
    used = 0;
    sink(lines);
  };
  return {
    write(entry) {
      const text = `${line(clock(now()), entry)}\n`;
      if (text.length > FLUSH_BYTES - used) flush();
      if (text.length > FLUSH_BYTES) return sink(text);
      used += waiting.write(text, used, 'latin1');
      timer ??= setTimeout(flush, FLUSH_MS).unref();
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
