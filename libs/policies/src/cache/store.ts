import { bytesOf, type Entry } from './entry.ts';

/** Stored answers of a whole router, bounded in bytes: what was used longest ago goes first (invariant 9). */
export interface Store {
  /** Every stored answer for a key, newest first */
  entries(key: string): readonly Entry[];
  /** In place of what `replaces` or selects the same requests. Too large for the store = not stored */
  put(key: string, entry: Entry, replaces: Entry | null): void;
  remove(key: string, entry: Entry): void;
  clear(key: string): void;
  readonly bytes: number;
}

/** Answers that differ by request headers, per key */
const VARIANTS_MAX = 32;

export function createStore(bytesMax: number): Store {
  // A Map remembers the order of insertion: what is used is put in again.
  const places = new Map<string, readonly Entry[]>();
  let bytes = 0;

  const set = (key: string, entries: readonly Entry[]): void => {
    for (const entry of places.get(key) ?? []) bytes -= sizeOf(key, entry);
    places.delete(key);
    if (entries.length === 0) return;
    for (const entry of entries) bytes += sizeOf(key, entry);
    places.set(key, entries);
  };
  const makeRoom = (): void => {
    for (const key of places.keys()) {
      if (bytes <= bytesMax) return;
      set(key, []);
    }
  };

  return {
    entries(key) {
      const entries = places.get(key);
      if (entries === undefined) return NONE;
      places.delete(key);
      places.set(key, entries);
      return entries;
    },
    put(key, entry, replaces) {
      if (sizeOf(key, entry) > bytesMax) return;
      const others = (places.get(key) ?? NONE).filter((other) => other !== replaces && !selectsSame(other, entry));
      set(key, [entry, ...others].slice(0, VARIANTS_MAX));
      makeRoom();
    },
    remove: (key, entry) =>
      set(
        key,
        (places.get(key) ?? NONE).filter((other) => other !== entry),
      ),
    clear: (key) => set(key, NONE),
    get bytes() {
      return bytes;
    },
  };
}

const NONE: readonly Entry[] = [];

function sizeOf(key: string, entry: Entry): number {
  return bytesOf(entry) + 2 * key.length;
}

function selectsSame(one: Entry, other: Entry): boolean {
  return (
    one.partition === other.partition &&
    one.selecting.length === other.selecting.length &&
    one.selecting.every(([name, value], at) => other.selecting[at]?.[0] === name && other.selecting[at]?.[1] === value)
  );
}
