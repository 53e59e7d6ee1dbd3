import { Inject, Injectable } from '@nestjs/common';
import type { Logger } from '@tidegate/process';

import { coalesce } from '../change-log/coalesce.ts';
import { type NodeFacts, Nodes } from '../gateways/nodes.ts';
import { LOGGER } from '../settings.module.ts';

/** Facts as a stream hears them; `applied` at the moment of hearing. */
export type HeardFacts = Omit<NodeFacts, 'applied'> & { readonly applied?: Omit<NonNullable<NodeFacts['applied']>, 'ageMs'> };

interface Pending {
  readonly facts: HeardFacts;
  /** performance.now() when `applied` was heard */
  readonly appliedAt: number;
}

/**
 * Writes what nodes say. The first report goes out at once; what comes while it is being written goes together, latest fact per
 * node: writes do not grow faster than PostgreSQL takes them.
 */
@Injectable()
export class NodeReports {
  readonly #nodes: Nodes;
  readonly #logger: Logger;
  readonly #flush = coalesce(() => this.#write());
  #pending = new Map<string, Pending>();

  constructor(@Inject(Nodes) nodes: Nodes, @Inject(LOGGER) logger: Logger) {
    this.#nodes = nodes;
    this.#logger = logger;
  }

  /** Never throws. What a database outage keeps from being written goes with the next report. */
  add(facts: HeardFacts): void {
    const key = keyOf(facts);
    this.#pending.set(key, merge(this.#pending.get(key), facts, performance.now()));
    void this.#flush();
  }

  /** Resolves when everything added so far is written, or failed. */
  async settled(): Promise<void> {
    await this.#flush();
  }

  async #write(): Promise<void> {
    if (this.#pending.size === 0) return;
    const batch = [...this.#pending.values()];
    this.#pending = new Map();
    const now = performance.now();
    try {
      await this.#nodes.report(
        batch.map(({ facts: { applied, ...facts }, appliedAt }) => ({
          ...facts,
          ...(applied === undefined ? {} : { applied: { ...applied, ageMs: now - appliedAt } }),
        })),
      );
    } catch (error) {
      this.#logger.warn({ err: error, nodes: batch.length }, 'Reports of nodes could not be stored');
      if (!isRefusedData(error)) this.#putBack(batch);
    }
  }

  /** To go with the next report of any node; at most one per stream. */
  #putBack(batch: readonly Pending[]): void {
    for (const older of batch) {
      const key = keyOf(older.facts);
      const newer = this.#pending.get(key);
      this.#pending.set(key, newer === undefined ? older : merge(older, newer.facts, newer.appliedAt));
    }
  }
}

/** The latest word on each matter. An Applied settles the Nack before it; repeating what is held does not make it newer. */
function merge(older: Pending | undefined, facts: HeardFacts, heardAt: number): Pending {
  if (older === undefined) return { facts, appliedAt: heardAt };
  const { nacked, applied, ...before } = older.facts;
  const isApplied = facts.applied?.applyUs !== undefined;
  const kept = isApplied || nacked === undefined ? before : { ...before, nacked };
  if (applied === undefined || isApplied || !repeats(facts.applied, applied))
    return { facts: { ...kept, ...facts }, appliedAt: heardAt };
  return { facts: { ...kept, ...facts, applied }, appliedAt: older.appliedAt };
}

function repeats(said: HeardFacts['applied'], before: NonNullable<HeardFacts['applied']>): boolean {
  if (said === undefined) return true;
  return said.epoch === before.epoch && said.version === before.version && said.hash === before.hash;
}

function keyOf({ gatewayId, nodeId, streamEpoch }: HeardFacts): string {
  return `${gatewayId}/${nodeId}/${streamEpoch}`;
}

/** SQLSTATE class 22: the data itself, which no repetition mends. */
function isRefusedData(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('22');
}
