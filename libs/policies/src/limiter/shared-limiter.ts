import type { Cell, SharedCells } from '@tidegate/policy-sdk';

import type { Limiter } from './limiter.ts';
import type { Algorithm, Decision } from './quota.ts';

/** A state as the two numbers that all workers see. */
export interface CellForm<State> {
  read(cell: Cell): State;
  write(state: State, cell: Cell): void;
}

export interface SharedPlace {
  readonly cells: SharedCells;
  /** Of this limiter on every worker alike, and of no other */
  readonly name: string;
}

/**
 * Counts together with the other workers of the router. Keys for which there is no room are counted by `alone`, which each worker has for
 * itself: far beyond what a router sees, and never without a limit.
 */
export function createSharedLimiter<State>(
  algorithm: Algorithm<State>,
  { cells, name }: SharedPlace,
  { form, alone }: { form: CellForm<State>; alone: Limiter },
): Limiter {
  const stateIn = (cell: Cell): State | undefined => (cell.known ? form.read(cell) : undefined);
  const keep = (state: State, cell: Cell, nowMs: number): void => {
    form.write(state, cell);
    // As good as new from then on.
    cell.untilMs = algorithm.take(state, nowMs, 0).decision.resetAtMs;
  };
  const decide = (key: string, nowMs: number, cost: number, keeps: boolean): Decision | null => {
    let decision: Decision | null = null;
    cells.update(`${name} ${key}`, nowMs, (cell) => {
      const taken = algorithm.take(stateIn(cell), nowMs, cost);
      ({ decision } = taken);
      if (keeps) keep(taken.state, cell, nowMs);
    });
    return decision;
  };
  return {
    take: (key, nowMs, cost = 1) => decide(key, nowMs, cost, true) ?? alone.take(key, nowMs, cost),
    peek: (key, nowMs, cost = 1) => decide(key, nowMs, cost, false) ?? alone.peek(key, nowMs, cost),
    settle(key, nowMs, cost) {
      const room = cells.update(`${name} ${key}`, nowMs, (cell) =>
        keep(algorithm.settle(stateIn(cell), nowMs, cost), cell, nowMs),
      );
      if (!room) alone.settle(key, nowMs, cost);
    },
    get size() {
      return alone.size;
    },
  };
}
