import type { AnswerTap, Forwarder, ForwardOutcome, ImmediateResponse, UpstreamAnswer } from '@tidegate/policy-sdk';
import type { Chain } from '@tidegate/route-table';

import { isBodiless } from './whole-body.ts';
import type { CarriedAnswer, CarriedOutcome } from './carrier.ts';
import type { ExchangeReport } from './run-exchange.ts';
import type { RunningExchange } from './running-exchange.ts';

export interface SendOnce {
  /** One time upstream; `tryMs` bounds it, 0 = not more than usual */
  readonly send: (tryMs: number) => Promise<CarriedOutcome>;
  readonly sendApart: Forwarder['sendApart'];
  readonly repeatable: boolean;
  readonly report: ExchangeReport;
}

export type ThroughOutcome = CarriedOutcome | { readonly is: 'own'; readonly response: ImmediateResponse };

/**
 * Sends a request up through the policies that stand around the forwarding. At most one answer is open at a time: sending again,
 * answering in its place or failing gives up the one before. Rejects when a policy fails.
 */
export async function forwardThrough(
  exchange: RunningExchange,
  steps: NonNullable<Chain['forward']>,
  { send, sendApart, repeatable, report }: SendOnce,
): Promise<ThroughOutcome> {
  let latest: CarriedOutcome | null = null;
  const sendUp = async (tryMs: number): Promise<ForwardOutcome> => {
    if (latest !== null) {
      if (!repeatable) throw new Error('a request whose body was passed on cannot be sent again');
      giveUp(latest);
      sentAgain(report);
    }
    latest = exchange.received.carrier.gone ? { is: 'client-gone' } : await send(tryMs);
    return seen(latest);
  };
  const from = (at: number, boundMs: number): Forwarder => ({
    repeatable,
    sendApart,
    send(tryMs = 0) {
      const step = steps[at];
      const tighterMs = boundMs === 0 || tryMs === 0 ? boundMs + tryMs : Math.min(boundMs, tryMs);
      const next = step === undefined ? sendUp(tighterMs) : step(exchange, from(at + 1, tighterMs));
      return next instanceof Promise ? next : Promise.resolve(next);
    },
  });
  try {
    const outcome = await from(0, 0).send();
    if (outcome.is === 'answered') return answered(latest);
    giveUp(latest);
    return outcome;
  } catch (error) {
    giveUp(latest);
    throw error;
  }
}

/** The one answer that policies can have seen last. */
function answered(latest: CarriedOutcome | null): CarriedOutcome {
  if (latest?.is !== 'answered') throw new Error('a policy passed on an answer that it had given up');
  return latest;
}

function giveUp(outcome: CarriedOutcome | null): void {
  if (outcome?.is !== 'answered') return;
  const { answer } = outcome;
  answer.tap?.end(false);
  answer.tap = null;
  // Without a body its connection is as good as new.
  if (isBodiless(answer.view)) answer.ignore();
  else answer.destroy();
}

/** What the access line says is said of the last time; the endpoint asked before has this exchange no more. */
function sentAgain(report: ExchangeReport): void {
  if (report.load !== null) report.load.inFlight -= 1;
  report.load = null;
  report.upstreamMs = null;
  report.cause = null;
}

function seen(outcome: CarriedOutcome): ForwardOutcome {
  if (outcome.is === 'delivered') throw new Error('an answer went out past the policies around the forwarding');
  return outcome.is === 'answered' ? { is: 'answered', answer: upstreamAnswer(outcome.answer) } : outcome;
}

function upstreamAnswer(answer: CarriedAnswer): UpstreamAnswer {
  const { view } = answer;
  return {
    status: view.status,
    header: (name) => view.header(name),
    headers: () => view.headers(),
    tap: (tap) => {
      answer.tap = endedOnce(tap);
    },
    discard: () => giveUp({ is: 'answered', answer }),
  };
}

function endedOnce(tap: AnswerTap): AnswerTap {
  let ended = false;
  return {
    data(bytes) {
      if (!ended) tap.data(bytes);
    },
    end(complete) {
      if (!ended) tap.end(complete);
      ended = true;
    },
  };
}
