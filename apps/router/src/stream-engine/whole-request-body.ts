import type { Fault } from '@tidegate/http1';

import type { WholeBody } from '../exchange/whole-body.ts';
import type { BodySink, ClientConnection } from './client-connection.ts';

interface Reading {
  readonly bytesMax: number;
  /** Without a byte; 0 = no bound */
  readonly idleMs: number;
  readonly onFault: (fault: Fault) => void;
  readonly resolve: (whole: WholeBody) => void;
}

/** A request's body that a policy waits for. Resolves once; `tick` and `cut` after that mean nothing. */
export class WholeRequestBody implements BodySink {
  readonly #client: ClientConnection;
  readonly #reading: Reading;
  readonly #pieces: Buffer[] = [];
  #bytes = 0;
  #idleAtMs = Infinity;
  #done = false;

  constructor(client: ClientConnection, reading: Reading) {
    this.#client = client;
    this.#reading = reading;
    this.#touch();
  }

  data(bytes: Buffer, start: number, end: number): void {
    this.#bytes += end - start;
    if (this.#bytes <= this.#reading.bytesMax) this.#pieces.push(Buffer.from(bytes.subarray(start, end)));
  }

  pumped(whole: boolean): void {
    this.#touch();
    if (this.#bytes > this.#reading.bytesMax) {
      this.#client.pause();
      this.#resolve({ is: 'too-large' });
    } else if (whole) this.#resolve({ is: 'whole', bytes: Buffer.concat(this.#pieces) });
  }

  fault(fault: Fault): void {
    this.#reading.onFault(fault);
    this.cut();
  }

  tick(nowMs: number): void {
    if (nowMs >= this.#idleAtMs) this.#resolve({ is: 'too-slow' });
  }

  /** The client has gone, or has its answer. */
  cut(): void {
    this.#resolve({ is: 'cut' });
  }

  #touch(): void {
    const { idleMs } = this.#reading;
    if (idleMs > 0) this.#idleAtMs = this.#client.host.clock.nowMs + idleMs;
  }

  #resolve(result: WholeBody): void {
    if (this.#done) return;
    this.#done = true;
    this.#reading.resolve(result);
  }
}
