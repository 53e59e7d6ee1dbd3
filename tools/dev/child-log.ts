import { createWriteStream } from 'node:fs';
import type { Readable } from 'node:stream';

/** Where a child's lines go: all to its file, and to `show` those that a person should see. */
export type ChildLog = {
  follow(stream: Readable): void;
  /** the last lines, for an error message */
  tail(): string;
  close(): void;
};

const tailLines = 30;

export function openChildLog(
  name: string,
  file: string,
  verbose: boolean,
  show: (line: string, isWarning: boolean) => void,
): ChildLog {
  const out = createWriteStream(file, { flags: 'a', mode: 0o600 });
  out.on('error', () => undefined); // a full disk must not take the stack down
  let last: string[] = [];
  function take(line: string): void {
    out.write(`${line}\n`);
    last = [...last.slice(1 - tailLines), line];
    const worth = worthShowing(line);
    if (verbose) show(`[${name}] ${line}`, false);
    else if (worth !== null) show(`[${name}] ${worth}`, worth.startsWith('warning: '));
  }
  return {
    follow(stream) {
      let rest = '';
      stream.setEncoding('utf8');
      stream.on('data', (chunk: string) => {
        const lines = (rest + chunk).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) take(line);
      });
      stream.on('end', () => {
        if (rest !== '') take(rest);
      });
    },
    tail: () => last.join('\n'),
    close: () => out.end(),
  };
}

/** Warnings and errors in a sentence; null = only for the file. Pino writes levels as numbers: 40 warn, 50 error, 60 fatal. */
export function worthShowing(line: string): string | null {
  if (!line.startsWith('{')) return /\b(FATAL|PANIC)\b|^\w*Error\b|^Oops/.test(line) ? line : null;
  let entry: { level?: unknown; msg?: unknown; err?: { message?: unknown } };
  try {
    entry = JSON.parse(line) as typeof entry;
  } catch {
    return line;
  }
  const level = typeof entry.level === 'string' ? (levels[entry.level] ?? 0) : Number(entry.level);
  if (!(level >= 40)) return null;
  const cause = typeof entry.err?.message === 'string' ? `: ${entry.err.message}` : '';
  return `${level >= 50 ? 'error' : 'warning'}: ${typeof entry.msg === 'string' ? entry.msg : ''}${cause}`;
}

const levels: Readonly<Record<string, number>> = { warn: 40, error: 50, fatal: 60 };
