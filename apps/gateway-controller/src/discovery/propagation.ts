import { Inject, Injectable } from '@nestjs/common';
import type { Propagation as Receipt } from '@tidegate/management-api';

import { Notifications } from '../change-log/notifications.ts';
import { Nodes } from '../gateways/nodes.ts';
import { SnapshotStore } from './snapshot-store.ts';

interface Ack {
  readonly gatewayId: string;
  readonly nodeId: string;
  readonly epoch: number;
  readonly version: number;
  readonly atMs: number;
}

/** A lost notification costs at most this. */
const LOOK_AGAIN_MS = 500;

/** Waits until routers have applied a version, whichever replicas they are connected to. */
@Injectable()
export class Propagation {
  readonly #nodes: Nodes;
  readonly #store: SnapshotStore;
  readonly #waiting = new Set<(ack: Ack) => void>();

  constructor(
    @Inject(Nodes) nodes: Nodes,
    @Inject(SnapshotStore) store: SnapshotStore,
    @Inject(Notifications) notifications: Notifications,
  ) {
    this.#nodes = nodes;
    this.#store = store;
    notifications.on('tidegate_applied', (payload) => {
      if (this.#waiting.size === 0) return;
      const [gatewayId, nodeId, epoch, version, atMs] = JSON.parse(payload) as [string, string, number, number, number]; // nodes.ts
      for (const heard of this.#waiting) heard({ gatewayId, nodeId, epoch, version, atMs });
    });
  }

  /**
   * Live = lease valid at the commit. No live node answers at once; running out of time is an answer, not an error. A node that
   * applied the version but could not build a deployment of `apiId` has not programmed it.
   * @throws when the database cannot be read
   */
  async wait(
    gatewayId: string,
    version: number,
    committedAtMs: number,
    timeoutMs: number,
    apiId: string | null = null,
  ): Promise<Receipt> {
    const acks = new Map<string, number>();
    let ring = (): void => undefined;
    const heard = (ack: Ack): void => {
      if (ack.gatewayId !== gatewayId || ack.version < version || ack.epoch < this.#store.epoch) return;
      if (!acks.has(ack.nodeId)) acks.set(ack.nodeId, ack.atMs);
      ring();
    };
    const endsAt = performance.now() + timeoutMs;
    this.#waiting.add(heard);
    try {
      for (;;) {
        const live = await this.#nodes.liveAt(gatewayId, committedAtMs);
        for (const node of live) heard({ ...node, gatewayId, atMs: node.appliedAtMs });
        for (;;) {
          const leftMs = endsAt - performance.now();
          if (live.every(({ nodeId }) => acks.has(nodeId)) || leftMs <= 0) {
            const nodeIds = live.map(({ nodeId }) => nodeId);
            const rejections = apiId === null ? NO_REJECTIONS : await this.#nodes.rejections(gatewayId, apiId);
            return receipt(nodeIds, { acks, rejections, committedAtMs });
          }
          if (!(await rung((wake) => (ring = wake), Math.min(leftMs, LOOK_AGAIN_MS)))) break;
        }
      }
    } finally {
      this.#waiting.delete(heard);
    }
  }
}

/** False when nobody rang within the time. */
function rung(listen: (wake: () => void) => void, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), timeoutMs);
    listen(() => {
      clearTimeout(timer);
      resolve(true);
    });
  });
}

const NO_REJECTIONS: ReadonlyMap<string, string> = new Map();

interface Heard {
  readonly acks: ReadonlyMap<string, number>;
  readonly rejections: ReadonlyMap<string, string>;
  readonly committedAtMs: number;
}

function receipt(live: readonly string[], { acks, rejections, committedAtMs }: Heard): Receipt {
  const nodes = live.map((id) => {
    const rejected = rejections.get(id);
    if (rejected !== undefined) return { id, appliedAt: null, ms: null, rejected };
    const atMs = acks.get(id);
    if (atMs === undefined) return { id, appliedAt: null, ms: null };
    return { id, appliedAt: new Date(atMs).toISOString(), ms: Math.max(0, Math.round(atMs - committedAtMs)) };
  });
  const confirmed = nodes.filter(({ appliedAt }) => appliedAt !== null).length;
  const state = confirmed === 0 ? 'pending' : confirmed === nodes.length ? 'programmed' : 'partial';
  return { state, nodes };
}
