import { ControllerMessage, encodeFrames, type EntrySource } from '@tidegate/gateway-ir';

import { BUILD } from './compile-deployment.ts';
import type { GatewaySnapshot } from './gateway-snapshot.ts';
import type { TableState } from './plan-push.ts';

/** One listing or delta, encoded: what every stream that needs it writes. */
export interface Push {
  /** 0 = a full listing */
  readonly fromVersion: number;
  /** What a node holds that applied it */
  readonly to: TableState;
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

  /** `from` = 0: a full listing. */
  get(gatewayId: string, epoch: number, from: number, snapshot: GatewaySnapshot): Push {
    const key = `${gatewayId}/${epoch}/${from}/${snapshot.version}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) return kept;
    const sources = from === 0 ? snapshot.all() : snapshot.since(from);
    const small = sources.reduce((bytes, { content }) => bytes + (content?.length ?? 0), 0) <= KEPT_BYTES_MAX;
    const push = encodePush(epoch, from, snapshot, small ? [...encodeFrames(sources)] : onDemand(sources));
    if (small) this.#keep(key, push);
    return push;
  }

  #keep(key: string, push: Push): void {
    this.#kept.set(key, push);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT_PUSHES_MAX && oldest !== undefined) this.#kept.delete(oldest);
  }
}

function encodePush(epoch: number, fromVersion: number, snapshot: GatewaySnapshot, entries: Iterable<Uint8Array>): Push {
  const { version, count, committedAtMs } = snapshot;
  const hash = Buffer.from(snapshot.hash);
  return {
    fromVersion,
    to: { epoch, version, hash, build: BUILD },
    begin: encode({ $case: 'begin', value: { epoch, fromVersion, version, compilerBuild: BUILD } }),
    entries,
    commit: encode({ $case: 'commit', value: { epoch, version, tableHash: hash, entryCount: count, committedAtMs } }),
  };
}

function onDemand(sources: readonly EntrySource[]): Iterable<Uint8Array> {
  return { [Symbol.iterator]: () => encodeFrames(sources) };
}

export function encode(message: NonNullable<ControllerMessage['message']>): Uint8Array {
  return ControllerMessage.encode({ message }).finish();
}
