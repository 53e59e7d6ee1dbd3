import type { UpstreamBody } from '../upstream/upstream-engine.ts';
import type { AnswerView } from './answer-view.ts';
import type { CarriedOutcome, Forwarding, OutcomeSink } from './carrier.ts';
import { callFor, noteOutcome } from './forward.ts';
import { runResponseHeaders } from './response-headers.ts';
import type { ExchangeRun } from './run-exchange.ts';
import type { RunningExchange } from './running-exchange.ts';

/** What is left to decide on the way. None of these throws. */
export interface Passing {
  readonly run: ExchangeRun;
  /** There is no answer: says so in its place */
  readonly onFailure: (exchange: RunningExchange, failed: Extract<CarriedOutcome, { is: 'failed' }>, run: ExchangeRun) => void;
  /** The answer waits, for `looked` too: delivers it */
  readonly onHeld: (exchange: RunningExchange, held: Held, run: ExchangeRun) => void;
}

export interface Held {
  readonly outcome: Extract<CarriedOutcome, { is: 'answered' }>;
  /** The policies that look at its head; `null` = they have */
  readonly looked: Promise<void> | null;
}

/** Sends the request up and its answer down. `false` = this carrier needs somebody who takes the answer from it. */
export function passOn(exchange: RunningExchange, body: UpstreamBody, passing: Passing): boolean {
  const { carrier } = exchange.received;
  if (carrier.passOn === null) return false;
  const { run, onFailure } = passing;
  const call = callFor(exchange, body, run, { passOn: true });
  if ('failure' in call) onFailure(exchange, call, run);
  else carrier.passOn(call, new Passage(exchange, call, passing));
  return true;
}

/** A request on its way through, as its carrier tells of it. */
class Passage implements OutcomeSink {
  readonly looks: boolean;
  readonly #exchange: RunningExchange;
  readonly #call: Forwarding;
  readonly #passing: Passing;
  #looked: Promise<void> | null = null;

  constructor(exchange: RunningExchange, call: Forwarding, passing: Passing) {
    this.looks = passing.run.serving.chain.responseHeaders !== null;
    this.#exchange = exchange;
    this.#call = call;
    this.#passing = passing;
  }

  answering(view: AnswerView): boolean {
    try {
      this.#looked = runResponseHeaders(this.#exchange, view, this.#passing.run.serving.chain) ?? null;
    } catch (error) {
      // Heard of where the answer is delivered, like the failure of a policy that takes its time.
      this.#looked = Promise.resolve().then(() => {
        throw error;
      });
    }
    return this.#looked === null;
  }

  settled(outcome: CarriedOutcome): void {
    const { run, onFailure, onHeld } = this.#passing;
    noteOutcome(this.#call, outcome, run.report);
    if (outcome.is === 'failed') onFailure(this.#exchange, outcome, run);
    else if (outcome.is === 'answered') onHeld(this.#exchange, { outcome, looked: this.#looked }, run);
  }
}
