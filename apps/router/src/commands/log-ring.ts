import { maskSecrets } from './mask-secrets.ts';

/** The newest lines of this process's log, for who downloads them. */
export interface LogRing {
  /** Whole lines, each with its line end; goes on to `sink` unchanged. */
  write(lines: string): void;
  /** Oldest first; `date` = "yyyy-MM-dd" in UTC, "" = all. */
  lines(date: string): string[];
}

/** Characters kept; a log that is busier reaches back less far. */
const CHARS_MAX = 2 * 1024 * 1024;
/** A longer line is cut. */
const LINE_CHARS_MAX = 8192;

/**
 * Secrets are masked when lines are read. Types keep them out of logs already (invariant 13); this is for what arrives in messages
 * of others.
 */
export function createLogRing(sink: (lines: string) => void): LogRing {
  let kept: string[] = [];
  let chars = 0;
  /** Places at the front that were given up */
  let gone = 0;

  const forget = (): void => {
    while (chars > CHARS_MAX) {
      chars -= kept[gone]?.length ?? 0;
      gone += 1;
    }
    // Moving everything for each line would make each line cost as much as all of them.
    if (gone > 1024 && gone * 2 > kept.length) {
      kept = kept.slice(gone);
      gone = 0;
    }
  };

  return {
    write(lines) {
      sink(lines);
      for (const line of lines.split('\n')) {
        if (line === '') continue;
        const cut = line.slice(0, LINE_CHARS_MAX);
        kept.push(cut);
        chars += cut.length;
      }
      forget();
    },
    lines: (date) =>
      kept
        .slice(gone)
        .filter((line) => date === '' || line.includes(date))
        .map(maskSecrets),
  };
}
