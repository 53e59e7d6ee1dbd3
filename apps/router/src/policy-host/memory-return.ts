import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import type { LiveTable } from './live-table.ts';

/** Gives memory back to the system after tables have come or gone. */
export interface MemoryReturn {
  /** Numbers of routes before and after a swap */
  tableChanged(before: number, after: number): void;
  /** Called about once a second */
  tick(nowMs: number): void;
}

export interface MemoryReturnOptions {
  /** Collects everything and shrinks the heap; stops the thread for some tens of milliseconds, more with more that lives */
  readonly collect: () => void;
  /** Nobody would notice a pause just now */
  readonly calm: () => boolean;
}

/** Fewer routes more or less are not worth a pause. */
const ROUTES_MIN = 1_000;
/** So long a busy router that has shrunk waits for a calm moment. */
const PATIENCE_MS = 60_000;

/**
 * V8 keeps what a large table once took (and what building it took beside), because it may be needed again: 300 MB instead of 120
 * after 50 000 routes have gone. So it is told, in a moment without requests. A router that is always busy is told after a
 * minute when its table has shrunk; when it has grown, its own collections will do.
 */
export function createMemoryReturn({ collect, calm }: MemoryReturnOptions): MemoryReturn {
  let wanted: { readonly shrunk: boolean; sinceMs: number | null } | null = null;
  return {
    tableChanged(before, after) {
      if (Math.abs(before - after) < ROUTES_MIN) return;
      wanted = { shrunk: after < before || wanted?.shrunk === true, sinceMs: null };
    },
    tick(nowMs) {
      if (wanted === null) return;
      // Not in the tick that sees it first: what the swap left to do comes before.
      if (wanted.sinceMs === null) {
        wanted.sinceMs = nowMs;
        return;
      }
      const impatient = wanted.shrunk && nowMs - wanted.sinceMs >= PATIENCE_MS;
      if (!calm() && !impatient) return;
      wanted = null;
      collect();
    },
  };
}

/** V8's collection of last resort, the one kind that shrinks the heap. It is there only if asked for; absent = nothing happens. */
export function collectEverything(): () => void {
  setFlagsFromString('--expose-gc');
  const gc: unknown = runInNewContext('gc');
  if (typeof gc !== 'function') return () => undefined;
  return () => void gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}

const LOOK_MS = 1_000;

/** Watches over the live table for as long as the process lives. */
export function giveMemoryBack(live: LiveTable, calm: () => boolean): void {
  const memory = createMemoryReturn({ collect: collectEverything(), calm });
  let routes = 0;
  setInterval(() => {
    const now = live.table?.routeCount ?? 0;
    memory.tableChanged(routes, now);
    routes = now;
    memory.tick(performance.now());
  }, LOOK_MS).unref();
}
