/** What the access line says of one request. Never the query: it may carry keys. */
export interface AccessEntry {
  readonly requestId: string;
  readonly client: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly status: number;
  /** API handle; `null` = no route */
  readonly api: string | null;
  readonly route: string | null;
  readonly upstream: string | null;
  /** Who called, as an authentication policy says */
  readonly subject: string | null;
  readonly durationMs: number;
  /** Why a request was refused or its upstream failed; `null` = nothing to say */
  readonly reason: string | null;
  /** The answer did not reach its end */
  readonly aborted: boolean;
}

export interface AccessLog {
  write(entry: AccessEntry): void;
  flush(): void;
}

/** Lines wait this long, or until there are this many characters, and leave in one write. */
const FLUSH_MS = 200;
const FLUSH_CHARS = 64 * 1024;

/** One JSON line per request. `sink` gets whole lines; what it cannot take is its own matter (standard output blocks). */
export function createAccessLog(sink: (lines: string) => void, now: () => number): AccessLog {
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
      waiting += `${JSON.stringify({ time: new Date(now()).toISOString(), type: 'access', ...entry })}\n`;
      if (waiting.length >= FLUSH_CHARS) flush();
      else timer ??= setTimeout(flush, FLUSH_MS).unref();
    },
    flush,
  };
}
