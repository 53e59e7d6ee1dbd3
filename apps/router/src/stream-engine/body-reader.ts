import type { Fault } from '@tidegate/http1';

/** Takes a message's body out of the bytes of a connection. ChunkedBody of libs/http1 is one too. */
export interface BodyReader {
  readonly dataStart: number;
  readonly dataEnd: number;
  readonly done: boolean;
  readonly fault: Fault | null;
  /** Reads until a run of data, the end of the body, or the end of the bytes; returns how far it came. */
  read(bytes: Buffer, start: number, end: number): number;
}

/** A body of so many bytes; of Infinity, one that ends with its connection. */
export class CountedBody implements BodyReader {
  dataStart = 0;
  dataEnd = 0;
  done: boolean;
  readonly fault = null;
  #left: number;

  constructor(bytes: number) {
    this.#left = bytes;
    this.done = bytes === 0;
  }

  read(_bytes: Buffer, start: number, end: number): number {
    const stop = Math.min(end, start + this.#left);
    this.dataStart = start;
    this.dataEnd = stop;
    this.#left -= stop - start;
    this.done = this.#left === 0;
    return stop;
  }
}
