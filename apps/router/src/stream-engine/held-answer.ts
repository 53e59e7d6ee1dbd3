import type { WholeBody } from '../exchange/whole-body.ts';

/** Of an answer that policies still think about, beyond which its upstream has to wait */
const HELD_BYTES_MAX = 64 * 1024;

/** The body of an answer that may not go to the client yet, as far as it has come. */
export class HeldAnswer {
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** Waits for all of it */
  #wanted: { readonly bytesMax: number; readonly resolve: (whole: WholeBody) => void } | null = null;

  add(bytes: Buffer, start: number, end: number): void {
    this.#pieces.push(Buffer.from(bytes.subarray(start, end)));
    this.#bytes += end - start;
  }

  /** So much has come that nobody asked for that the upstream has to wait */
  get full(): boolean {
    return this.#wanted === null && this.#bytes > HELD_BYTES_MAX;
  }

  want(bytesMax: number, resolve: (whole: WholeBody) => void): void {
    this.#wanted = { bytesMax, resolve };
  }

  /** Tells who waits, if there is something to tell. */
  settle(state: 'open' | 'whole' | 'broken'): void {
    if (this.#wanted === null) return;
    const { bytesMax, resolve } = this.#wanted;
    if (this.#bytes > bytesMax) resolve({ is: 'too-large' });
    else if (state === 'broken') resolve({ is: 'cut' });
    else if (state === 'whole') resolve({ is: 'whole', bytes: Buffer.concat(this.#pieces) });
    else return;
    this.#wanted = null;
  }

  take(): Buffer[] {
    return this.#pieces.splice(0);
  }
}
