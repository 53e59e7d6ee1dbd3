/** A pair of numbers that belongs to a key, while it is being changed. */
export interface Cell {
  /** It was there, and has not run out; otherwise `a` and `b` are 0 */
  known: boolean;
  a: number;
  b: number;
  /** From then on it may be forgotten, ms since the epoch; 0 = it is not kept */
  untilMs: number;
}

/** What all workers of a router count together. */
export interface SharedCells {
  /**
   * Runs `change` on the cell of this key while nobody else can. It must be quick, and must not keep the cell. `false` = there is no
   * room for a new key.
   */
  update(key: string, nowMs: number, change: (cell: Cell) => void): boolean;
}
