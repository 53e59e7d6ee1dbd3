import type { ImmediateResponse } from './runtime.ts';

/** The way upstream, as a policy sees it that stands around it. */
export interface Forwarder {
  /**
   * Sends the request up, or asks the next policy around the forwarding. Never rejects. Again only while `repeatable`; the answer
   * before is given up then. `tryMs` bounds this one time (0 = only what bounds every request).
   */
  send(tryMs?: number): Promise<ForwardOutcome>;
  /**
   * Sends a request without a body up, apart from this exchange: it goes on when the client has left, and its answer goes nowhere
   * else. As the request is at this moment; past the other policies around the forwarding. Never rejects.
   */
  sendApart(bytesMax: number): Promise<ApartOutcome>;
  /** The request may be sent another time: it has no body, or a policy has asked for the whole of it */
  readonly repeatable: boolean;
}

export type ForwardOutcome =
  | { readonly is: 'answered'; readonly answer: UpstreamAnswer }
  /** An answer of this gateway in place of the upstream's; it goes through the response phases as one from there would */
  | { readonly is: 'own'; readonly response: ImmediateResponse }
  | { readonly is: 'failed'; readonly failure: ForwardFailure; readonly cause: string }
  | { readonly is: 'client-gone' };

/**
 * unreachable: no connection came about · broken: reset before an answer, or an answer that is not HTTP · timeout: no answer in
 * time · full: as many requests are under way there as may be
 */
export type ForwardFailure = 'unreachable' | 'broken' | 'timeout' | 'full';

/** The head of an upstream's answer, before any response phase; its body has not been read. */
export interface UpstreamAnswer {
  readonly status: number;
  /** By lower-case name, several values joined with ", " */
  header(name: string): string | undefined;
  /** Every field, names in lower case, in order. Makes a copy */
  headers(): readonly (readonly [name: string, value: string])[];
  /** Sees the body pass by, as the upstream sends it. One per answer */
  tap(tap: AnswerTap): void;
  /** Nobody will read it */
  discard(): void;
}

export interface AnswerTap {
  /** The bytes are the reader's only until it returns */
  data(bytes: Uint8Array): void;
  /** Called once; `complete` = the body is whole, else it was cut off or nobody read it */
  end(complete: boolean): void;
}

export type ApartOutcome =
  | {
      readonly is: 'answered';
      readonly status: number;
      /** End-to-end fields, names in lower case, in order */
      readonly headers: readonly (readonly [name: string, value: string])[];
      readonly body: Uint8Array;
    }
  | { readonly is: 'failed'; readonly cause: string };
