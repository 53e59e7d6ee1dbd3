import type { Hello } from '@tidegate/gateway-ir';
import { Inject, Injectable } from '@nestjs/common';

import { BUILD } from './compile-deployment.ts';
import { EpochKeeper } from './epoch-keeper.ts';
import { judgeHello } from './judge-history.ts';
import { SnapshotStore } from './snapshot-store.ts';

/** What a Hello proves about the database (architecture.md, "Epoch"), before the node is told anything. */
@Injectable()
export class HelloCheck {
  readonly #store: SnapshotStore;
  readonly #epochs: EpochKeeper;

  constructor(@Inject(SnapshotStore) store: SnapshotStore, @Inject(EpochKeeper) epochs: EpochKeeper) {
    this.#store = store;
    this.#epochs = epochs;
  }

  /** Afterwards the store is at least where the node is, in an epoch that is right for it. */
  async run(gatewayId: string, hello: Hello): Promise<void> {
    const held = { epoch: hello.epoch, version: hello.version, hash: hello.tableHash, build: hello.compilerBuild };
    // A replica that lags must not take a node that is ahead of it for a survivor of a rewind.
    const behind = held.epoch > this.#store.epoch || held.version > this.#store.version(gatewayId);
    if (behind || this.#store.snapshot(gatewayId) === null) await this.#store.catchUp(gatewayId);
    const snapshot = this.#store.snapshot(gatewayId);
    if (snapshot === null) return;

    const revokedActive = await this.#epochs.activeAmong(hello.revokedKeyIds);
    const ours = { epoch: this.#store.epoch, version: snapshot.version, hash: snapshot.hash, build: BUILD };
    const evidence = judgeHello(held, ours, revokedActive.length);
    if (evidence === null) return;
    await this.#epochs.rewound({
      reason: `node ${hello.nodeId}: ${evidence}`,
      judgedEpoch: ours.epoch,
      seenEpoch: held.epoch,
      gatewayId,
      seenVersion: held.version,
      revokedKeyIds: revokedActive,
    });
    await this.#store.catchUp(gatewayId);
  }
}
