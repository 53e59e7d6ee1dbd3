/** Wrong passwords that cost nothing; people mistype. */
const FREE_FAILURES = 10;
/** An address that tries many names gets this many wrong passwords in all. */
const FREE_FAILURES_OF_ADDRESS = 50;
const WAIT_MS_MIN = 5000;
const WAIT_MS_MAX = 60_000;
/** What is not repeated for this long is forgotten. */
const FORGOTTEN_MS = 15 * 60_000;
const REMEMBERED_MAX = 10_000;

interface Failures {
  count: number;
  readonly free: number;
  lastMs: number;
}

/**
 * Slows down whoever guesses passwords. Failures are counted per (address, user) and per address, never per user alone: guesses
 * from elsewhere cannot lock the owner out, and sessions and tokens are not asked here at all. After the free ones each further guess
 * has to wait twice as long as the one before, 5 s to 60 s, and is refused unheard until then. Kept in memory, bounded; the
 * stalest is forgotten first.
 */
export class LockOut {
  readonly #failures = new Map<string, Failures>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** How long this caller has to wait; 0 = may try */
  waitMs(address: string, username: string): number {
    return Math.max(0, ...keysOf(address, username).map(([key]) => this.#waitMsOf(key)));
  }

  /** Counted before the password is looked at, so that a thousand guesses at once are a thousand guesses. */
  attempt(address: string, username: string): void {
    const nowMs = this.#nowMs();
    for (const [key, free] of keysOf(address, username)) {
      const known = this.#failures.get(key);
      const failures = known === undefined || nowMs - known.lastMs > FORGOTTEN_MS ? { count: 0, free, lastMs: nowMs } : known;
      failures.count++;
      failures.lastMs = nowMs;
      this.#failures.delete(key); // re-inserted at the end: the first one is the stalest
      this.#failures.set(key, failures);
    }
    for (const key of this.#failures.keys()) {
      if (this.#failures.size <= REMEMBERED_MAX) break;
      this.#failures.delete(key);
    }
  }

  /** The attempt was right: the user's count starts anew, the address gets its attempt back. */
  succeeded(address: string, username: string): void {
    const [[ofUser], [ofAddress]] = keysOf(address, username);
    this.#failures.delete(ofUser);
    const failures = this.#failures.get(ofAddress);
    if (failures !== undefined) failures.count = Math.max(0, failures.count - 1);
  }

  #waitMsOf(key: string): number {
    const failures = this.#failures.get(key);
    if (failures === undefined || failures.count < failures.free) return 0;
    const waitMs = Math.min(WAIT_MS_MAX, WAIT_MS_MIN * 2 ** Math.min(20, failures.count - failures.free));
    return failures.lastMs + waitMs - this.#nowMs();
  }
}

function keysOf(address: string, username: string) {
  const from = network(address);
  return [
    [`${from} ${username.toLowerCase().slice(0, 256)}`, FREE_FAILURES],
    [from, FREE_FAILURES_OF_ADDRESS],
  ] as const;
}

/** One customer of IPv6 has a /64 at least. */
function network(address: string): string {
  if (!address.includes(':') || address.startsWith('::')) return address;
  return address.split(':', 4).join(':');
}
