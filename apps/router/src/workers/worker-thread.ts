import { Worker } from 'node:worker_threads';

import { type Held, type HeldEntry } from '../discovery/held.ts';
import { readBoard, wipeBoard } from './board.ts';
import type { FromWorker, ToWorker, WorkerMetric, WorkerStart } from './messages.ts';
import { releaseLocksOf } from './shared-cells.ts';
import { deltaOf, packed, type TableDelta } from './table-delta.ts';

/** What a router serves, for a worker that has to catch up. */
export interface Serving {
  readonly held: Held | null;
  readonly revoked: readonly string[];
  readonly lastAccepted: readonly HeldEntry[];
}

export interface WorkerEvents {
  readonly onMessage: (message: Extract<FromWorker, { is: 'access-lines' | 'log-line' | 'totals' }>) => void;
  /** It has ended, by itself or because it hung; `error` = why, if anybody knows. Told once */
  readonly onEnd: (error: Error | null) => void;
}

/** One worker, from its start to its end. */
export interface WorkerThread {
  readonly inFlight: number;
  /** Has it the table, and ports? */
  readonly listening: boolean;
  /** Gives it what is served, then ports (0 = any). Rejects when it ends before it listens, or cannot. */
  open(serving: Serving, ports: Ports): Promise<Ports & { readonly tlsPort: number | null }>;
  /** Resolves when it serves this table, or has ended. */
  apply(held: Held, revoked: readonly string[], deltas: Map<Held | null, TableDelta>): Promise<void>;
  tell(message: Extract<ToWorker, { do: 'tune' | 'announce-drain' }>): void;
  /** How many were cut; what was under way when it ended counts. */
  drain(timeoutMs: number): Promise<number>;
  scrape(): Promise<readonly WorkerMetric[]>;
  /** What it last answered to that; empty = nothing */
  readonly scraped: readonly WorkerMetric[];
  /** Ends it at once if it has done nothing since the last call. */
  endIfHung(): void;
  end(): Promise<void>;
}

export interface Ports {
  readonly port: number;
  readonly tlsPort: number | null;
}

export function startThread(entry: URL, start: WorkerStart, { onMessage, onEnd }: WorkerEvents): WorkerThread {
  const thread = new Worker(entry, { workerData: start, name: `router worker ${start.worker}` });
  const waiting = new Map<string, (message: FromWorker | null) => void>();
  let listening = false;
  let ended = false;
  let failure: Error | null = null;
  let sent: Held | null = null;
  let scraped: readonly WorkerMetric[] = [];
  let ids = 0;
  let beats = -1;

  const post = (message: ToWorker): void => thread.postMessage(message, []);
  /** The answer with this name, or `null` when the worker has ended. */
  const answer = (name: string): Promise<FromWorker | null> =>
    ended ? Promise.resolve(null) : new Promise((resolve) => waiting.set(name, resolve));
  const settle = (name: string, message: FromWorker): void => {
    waiting.get(name)?.(message);
    waiting.delete(name);
  };

  thread.on('message', (message: FromWorker) => {
    if (message.is === 'applied' || message.is === 'scraped') settle(`${message.is} ${message.id}`, message);
    else if (message.is === 'listening' || message.is === 'unfit') settle('listening', message);
    else if (message.is === 'drained') settle('drained', message);
    else onMessage(message);
  });
  thread.on('error', (error: unknown) => (failure = error instanceof Error ? error : new Error(String(error))));
  thread.once('exit', () => {
    ended = true;
    listening = false;
    releaseLocksOf(start.cells, start.worker);
    wipeBoard(start.board, start.worker);
    for (const resolve of waiting.values()) resolve(null);
    waiting.clear();
    onEnd(failure);
  });

  return {
    get inFlight() {
      return readBoard(start.board, start.worker).inFlight;
    },
    get listening() {
      return listening;
    },
    async open({ held, revoked, lastAccepted }, { port, tlsPort }) {
      if (lastAccepted.length > 0) post({ do: 'recall', entries: lastAccepted.map(packed) });
      if (held !== null) {
        sent = held;
        post({ do: 'apply', id: ++ids, delta: deltaOf(null, held), revoked });
      }
      const opened = answer('listening');
      post({ do: 'listen', port, tlsPort: tlsPort ?? 0 });
      const message = await opened;
      if (message?.is === 'unfit') throw message.error;
      if (message?.is !== 'listening') throw failure ?? new Error('a worker ended before it listened');
      listening = true;
      return message;
    },
    async apply(held, revoked, deltas) {
      if (ended) return;
      const delta = deltas.get(sent) ?? deltaOf(sent, held);
      deltas.set(sent, delta);
      sent = held;
      const id = ++ids;
      const applied = answer(`applied ${id}`);
      post({ do: 'apply', id, delta, revoked });
      await applied;
    },
    tell: (message) => post(message),
    async drain(timeoutMs) {
      const drained = answer('drained');
      const before = this.inFlight;
      post({ do: 'drain', timeoutMs });
      const message = await drained;
      return message?.is === 'drained' ? message.cut : before;
    },
    async scrape() {
      const id = ++ids;
      const answered = answer(`scraped ${id}`);
      post({ do: 'scrape', id });
      const message = await answered;
      if (message?.is === 'scraped') scraped = message.metrics;
      return scraped;
    },
    get scraped() {
      return scraped;
    },
    endIfHung() {
      const { beats: now } = readBoard(start.board, start.worker);
      if (now === beats) void thread.terminate();
      beats = now;
    },
    async end() {
      await thread.terminate();
    },
  };
}
