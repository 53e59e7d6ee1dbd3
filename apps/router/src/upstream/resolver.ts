import type { LookupAddress } from 'node:dns';
import { lookup as systemLookup } from 'node:dns/promises';
import type { LookupFunction } from 'node:net';

/** All addresses of a name now. Rejects with an error that has a `code`. */
export type ResolveAll = (name: string) => Promise<readonly LookupAddress[]>;

/** An address that a connection goes to. */
export interface KnownAddress {
  /** The name has not led there for a while: the connection is not kept */
  gone: boolean;
  seenAtMs: number;
}

export interface ResolvedName {
  /** For `net.connect`: known addresses at once, in turn; the first of them is tried first */
  readonly lookup: LookupFunction;
  /** Set by whoever uses the name: it is looked up again as long as somebody does */
  used: boolean;
  /** `undefined` = it was never among the answers */
  addressOf(remote: string | undefined): KnownAddress | undefined;
  /** Was it among the answers of late? */
  leadsTo(remote: string | undefined): boolean;
}

export interface Resolver {
  /** Always the same object for one name */
  of(name: string): ResolvedName;
  stop(): void;
}

export interface ResolverOptions {
  readonly resolve?: ResolveAll;
  /** How old an answer may be before it is asked for again */
  readonly refreshMs: number;
  /** May nobody connect there? Such addresses count as not answered */
  readonly isDenied: (address: string) => boolean;
  /** Told once for each name when its answers stop or start to fail */
  readonly onState: (name: string, problem: string | null) => void;
}

/** While a name cannot be looked up its last addresses go on serving, so long at most. */
const STALE_MAX_MS = 600_000;
/** An address is gone when so many refreshes in a row have not named it: some servers answer with a part of their list each time. */
const GONE_REFRESHES = 3;
/** Names that are remembered; beyond that all start anew (invariant 9). */
const NAMES_MAX = 10_000;

/** Resolves with getaddrinfo, as everything else on the machine does: /etc/hosts, search domains and all. */
const resolveBySystem: ResolveAll = (name) => systemLookup(name, { all: true });

/**
 * Answers of the system's resolver, kept and refreshed in the background for names in use: a connection never waits for DNS but the
 * first time, follows when a name leads elsewhere, and outlives a resolver that fails.
 */
export function createResolver({ resolve = resolveBySystem, refreshMs, isDenied, onState }: ResolverOptions): Resolver {
  const names = new Map<string, ReturnType<typeof trackedName>>();
  const timer = setInterval(() => {
    for (const name of names.values()) name.refreshIfUsed();
  }, refreshMs).unref();
  return {
    of(text) {
      const known = names.get(text);
      if (known !== undefined) return known;
      if (names.size >= NAMES_MAX) names.clear();
      const name = trackedName(text, { resolve, refreshMs, isDenied, onState });
      names.set(text, name);
      return name;
    },
    stop: () => clearInterval(timer),
  };
}

function trackedName(text: string, { resolve, refreshMs, isDenied, onState }: Required<ResolverOptions>) {
  const known = new Map<string, KnownAddress>();
  let addresses: readonly LookupAddress[] = [];
  let answeredAtMs = -Infinity;
  let pending: Promise<void> | null = null;
  let problem: string | null = null;
  let turn = 0;

  const say = (next: string | null): void => {
    if (next !== problem) onState(text, next);
    problem = next;
  };
  const take = (answer: readonly LookupAddress[]): void => {
    const nowMs = performance.now();
    const allowed = answer.filter(({ address }) => !isDenied(address));
    if (allowed.length === 0 && answer.length > 0)
      throw Object.assign(new Error(`${text} leads to denied networks only`), DENIED);
    for (const { address } of allowed)
      known.set(address, Object.assign(known.get(address) ?? { gone: false, seenAtMs: 0 }, { gone: false, seenAtMs: nowMs }));
    for (const [address, record] of known) {
      if (nowMs - record.seenAtMs < refreshMs * GONE_REFRESHES) continue;
      record.gone = true;
      known.delete(address);
    }
    addresses = allowed;
    answeredAtMs = nowMs;
    say(null);
  };
  const refresh = (): Promise<void> => {
    pending ??= resolve(text)
      .then(take)
      .catch((error: unknown) => {
        say(codeOf(error));
        throw error;
      })
      .finally(() => (pending = null));
    return pending;
  };
  const inTurn = (): LookupAddress[] => {
    const start = turn++ % addresses.length;
    return [...addresses.slice(start), ...addresses.slice(0, start)];
  };

  return {
    used: true,
    addressOf: (remote: string | undefined) => (remote === undefined ? undefined : known.get(remote)),
    leadsTo: (remote: string | undefined) => remote !== undefined && known.has(remote),
    refreshIfUsed(): void {
      if (!this.used) return;
      this.used = false;
      // What fails is said by onState, and the last answer stays.
      refresh().catch(() => undefined);
    },
    lookup: ((_name, { all }, callback) => {
      const answer = (): void => {
        const [first, ...rest] = inTurn();
        if (first === undefined) callback(Object.assign(new Error(`${text} has no address`), { code: 'ENOTFOUND' }), []);
        else if (all === true) callback(null, [first, ...rest]);
        else callback(null, first.address, first.family);
      };
      if (addresses.length > 0 && performance.now() - answeredAtMs < STALE_MAX_MS) return process.nextTick(answer);
      refresh().then(answer, (error: NodeJS.ErrnoException) => callback(error, []));
    }) satisfies LookupFunction,
  };
}

/** In access lines and logs */
const DENIED = { code: 'EDENIED' } as const;

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error);
}
