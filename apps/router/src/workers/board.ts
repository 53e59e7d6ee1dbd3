/** What workers write down for their router to look at, without a message: how much they do, and that they are alive. */
const NUMBERS = 2;

export function newBoard(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(workers * NUMBERS * 4);
}

/** Called by a worker again and again; a worker that cannot does not come to serve anybody either. */
export function writeBoard(board: SharedArrayBuffer, worker: number, inFlight: number): void {
  const numbers = new Int32Array(board);
  Atomics.store(numbers, (worker - 1) * NUMBERS, inFlight);
  Atomics.add(numbers, (worker - 1) * NUMBERS + 1, 1);
}

export function readBoard(board: SharedArrayBuffer, worker: number): { readonly inFlight: number; readonly beats: number } {
  const numbers = new Int32Array(board);
  const at = (worker - 1) * NUMBERS;
  return { inFlight: Atomics.load(numbers, at), beats: Atomics.load(numbers, at + 1) };
}

/** A worker is gone: it has nothing under way. */
export function wipeBoard(board: SharedArrayBuffer, worker: number): void {
  Atomics.store(new Int32Array(board), (worker - 1) * NUMBERS, 0);
}
