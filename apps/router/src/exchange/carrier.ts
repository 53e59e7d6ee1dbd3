import type { AnswerTap, ImmediateResponse } from '@tidegate/policy-sdk';

import type { Endpoint } from '../upstream/endpoints.ts';
import type { UpstreamBody, UpstreamFailure, UpstreamTimeouts } from '../upstream/upstream-engine.ts';
import type { AnswerView } from './answer-view.ts';
import type { RunningExchange } from './running-exchange.ts';
import type { WholeBody } from './whole-body.ts';

/**
 * What carries one exchange: the client's connection and the way upstream. Each engine has its own (node-carrier.ts,
 * stream-engine/stream-carrier.ts); what happens in which order is decided once, in run-exchange.ts.
 */
export interface Carrier {
  /** Of the request as received, by lower-case name, several values joined */
  header(name: string): string | undefined;
  /** Flat name, value, name, value as received */
  rawHeaders(): readonly string[];
  /** Decided by its framing, as RFC 9112 §6.3 says, not by its method */
  readonly hasBody: boolean;
  /** Nothing can be sent any more */
  readonly gone: boolean;
  /** Invites the client to send, and reads. Never rejects; "cut" = the client has gone or has its answer */
  readBody(bounds: { bytesMax: number; idleMs: number }): Promise<WholeBody>;
  /** Resolves once, never rejects. The client going away ends the call and its upstream connection. */
  forward(call: Forwarding): Promise<CarriedOutcome>;
  /** The same for a call with `passOn`, told without a promise; `null` = this carrier brings no answer to the client by itself */
  readonly passOn: ((call: Forwarding, sink: OutcomeSink) => void) | null;
  /** Sends a whole answer. Does nothing when the head is out already or the client is gone. Throws for what cannot be sent. */
  sendImmediate(answer: ImmediateResponse, added: AddedHeaders): void;
  /** Sends an answer whose body policies have seen, and perhaps changed; `null` = none. Throws for what cannot be sent. */
  sendBuffered(view: AnswerView, body: Uint8Array | null): void;
  /** Ends the client's connection at once. */
  destroy(): void;
}

export interface OutcomeSink {
  /** Does somebody want to see the answer's head before it goes on? Of calls with `passOn` */
  readonly looks?: boolean;
  /** Shows it: `true` = it may go on with what was changed, `false` = it is to be held, and settled as answered. Never throws */
  answering?(view: AnswerView): boolean;
  /** Called once, perhaps before the call that it is about returns; never throws */
  settled(outcome: CarriedOutcome): void;
}

export type AddedHeaders = readonly (readonly [name: string, value: string])[] | null;

export interface Forwarding {
  readonly exchange: RunningExchange;
  readonly endpoint: Endpoint;
  /** Value of Host */
  readonly host: string;
  readonly method: string;
  /** Path and query, sent byte for byte */
  readonly target: string;
  readonly body: UpstreamBody;
  /** Protocol the client may switch to with this exchange, lower case; `null` = none */
  readonly upgrade: string | null;
  readonly timeouts: UpstreamTimeouts;
  /** performance.now() of the call */
  readonly askedMs: number;
  /** The answer may go to the client as it comes, with the headers that were added */
  readonly passOn: boolean;
}

/** An upstream's answer whose head is there. Its timeouts go on until its end. */
export interface CarriedAnswer {
  readonly view: AnswerView;
  /** Sees the body pass by in `stream`; `null` = nobody does */
  tap: AnswerTap | null;
  /** Cut off before its end, or given up */
  readonly destroyed: boolean;
  /** The upstream agrees to the other protocol: the client gets that with `stream`, and everything behind it as it comes */
  readonly switches: boolean;
  readWhole(bytesMax: number): Promise<WholeBody>;
  /** Lets the body pass by unread. */
  ignore(): void;
  destroy(): void;
  /** Sends head and body to the client. An end before its time ends the client's side the same way. Throws like sendBuffered. */
  stream(view: AnswerView): void;
}

export type CarriedOutcome =
  | { readonly is: 'answered'; readonly answer: CarriedAnswer }
  /** The client has got it, or is getting it */
  | { readonly is: 'delivered' }
  | { readonly is: 'failed'; readonly failure: UpstreamFailure; readonly cause: string }
  | { readonly is: 'client-gone' };
