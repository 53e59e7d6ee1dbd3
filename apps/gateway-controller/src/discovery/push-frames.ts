import { ControllerMessage, encodeFrames, type EntrySource } from '@tidegate/gateway-ir';

import type { GatewaySnapshot } from './gateway-snapshot.ts';
import type { TableState, WantedState } from './plan-push.ts';

/** One listing or delta, encoded: what every stream that needs it writes. */
export interface Push {
  /** 0 = a full listing */
  readonly fromVersion: number;
  /** What a node holds that applied it */
  readonly to: TableState;
  /** Said in its Begin */
  readonly deletionsConfirmed: boolean;
  readonly begin: Uint8Array;
  readonly entries: Iterable<Uint8Array>;
  readonly commit: Uint8Array;
}

/** Deltas and small listings are kept, encoded, for the other streams; a listing above this is encoded while it is sent. */
const KEPT_BYTES_MAX = 16 * 1024 * 1024;
const KEPT_PUSHES_MAX = 4;

/** Shares encoded pushes among the streams of one process; one per (gateway, from, to). */
export class PushFrames {
  readonly #kept = new Map<string, Push>();

  /** `from` = 0: a full listing. `wanted` is what `snapshot` stands for. */
  get(gatewayId: string, from: number, wanted: WantedState, snapshot: GatewaySnapshot): Push {
    const key = `${gatewayId}/${wanted.epoch}/${from}/${wanted.version}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const sources = from === 0 ? snapshot.all() : snapshot.since(from);
    const small = sources.reduce((bytes, { content }) => bytes + (content?.length ?? 0), 0) <= KEPT_BYTES_MAX;
    const push = encodePush(from, wanted, snapshot, small ? [...encodeFrames(sources)] : onDemand(sources));
    if (small) this.#keep(key, push);
    return push;
  }

  #keep(key: string, push: Push): void {
    this.#kept.set(key, push);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_PUSHES_MAX && oldest !== undefined) this.#kept.delete(oldest);
  }
}

function encodePush(fromVersion: number, wanted: WantedState, snapshot: GatewaySnapshot, entries: Iterable<Uint8Array>): Push {
  const { epoch, version, build, deletionsConfirmed } = wanted;
  const { count: entryCount, committedAtMs } = snapshot;
  const hash = Buffer.from(wanted.hash);
  return {
    fromVersion,
    to: { epoch, version, hash, build },
    deletionsConfirmed,
    begin: encode({ $case: 'begin', value: { epoch, fromVersion, version, compilerBuild: build, deletionsConfirmed } }),
    entries,
    commit: encode({ $case: 'commit', value: { epoch, version, tableHash: hash, entryCount, committedAtMs } }),
  };
}

function onDemand(sources: readonly EntrySource[]): Iterable<Uint8Array> {
  return { [Symbol.iterator]: () => encodeFrames(sources) };
}

export function encode(message: NonNullable<ControllerMessage['message']>): Uint8Array {
  return ControllerMessage.encode({ message }).finish();
}
