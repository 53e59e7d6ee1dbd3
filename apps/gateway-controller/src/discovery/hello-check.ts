import type { Hello } from '@tidegate/gateway-ir';
import { Inject, Injectable } from '@nestjs/common';

import { Compiler } from './compiler.ts';
import { EpochKeeper } from './epoch-keeper.ts';
import { isCredible, judgeHello } from './judge-history.ts';
import { SnapshotStore } from './snapshot-store.ts';

/** What a Hello proves about the database (architecture.md, "Epoch"), before the node is told anything. */
@Injectable()
export class HelloCheck {
  readonly #store: SnapshotStore;
  readonly #epochs: EpochKeeper;
  readonly #compiler: Compiler;

  constructor(
    @Inject(SnapshotStore) store: SnapshotStore,
    @Inject(EpochKeeper) epochs: EpochKeeper,
    @Inject(Compiler) compiler: Compiler,
  ) {
    this.#store = store;
    this.#epochs = epochs;
    this.#compiler = compiler;
  }

  /**
   * Afterwards the store is at least where the node is, in an epoch that is right for it. False: what it says it holds can be no
   * numbering of this installation.
   */
  async run(gatewayId: string, hello: Hello): Promise<boolean> {
    const held = { epoch: hello.epoch, version: hello.version, hash: hello.tableHash, build: hello.compilerBuild };
    // A replica that lags must not take a node that is ahead of it for a survivor of a rewind.
    const behind = held.epoch > this.#store.epoch || held.version > this.#store.version(gatewayId);
    if (behind || this.#store.snapshot(gatewayId) === null) await this.#store.catchUp(gatewayId);
    const snapshot = this.#store.snapshot(gatewayId);
    if (snapshot === null) return true;

    const revokedActive = await this.#epochs.activeAmong(hello.revokedKeyIds.slice(0, KEY_IDS_MAX));
    const ours = { epoch: this.#store.epoch, version: snapshot.version, hash: snapshot.hash, build: this.#compiler.build };
    if (!isCredible(held, ours)) return false;
    const evidence = judgeHello(held, ours, revokedActive.length);
    if (evidence === null) return true;
    await this.#epochs.rewound({
      reason: `node ${hello.nodeId}: ${evidence}`,
      judgedEpoch: ours.epoch,
      seenEpoch: held.epoch,
      seenVersions: new Map([[gatewayId, held.version]]),
      revokedKeyIds: revokedActive,
    });
    await this.#store.catchUp(gatewayId);
    return true;
  }
}

/** discovery.proto, Hello.revoked_key_ids */
const KEY_IDS_MAX = 10_000;
